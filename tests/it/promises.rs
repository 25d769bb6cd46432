//! Whatever the database holds and however it changes, an answer is JSON of the types that the schema promises.

mod propagation;
