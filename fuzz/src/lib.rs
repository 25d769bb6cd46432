//! What the fuzz targets do with random bytes. A test of the project runs the same functions with random input of its own, so
//! that they compile and hold.

mod claims;
mod connection;
mod operation;
mod signed;
mod token;

pub use claims::claims;
pub use connection::connection;
pub use operation::operation;
pub use token::token;
