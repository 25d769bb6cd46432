//! Who listens to which task of the board, and who else: by arithmetic on keys, so that nothing is asked of the database.

use serde_json::{Value, json};

/// How many users listen. Each has a websocket.
pub(crate) const USERS: usize = 1000;

/// What makes some accounts members of each other's projects.
pub(crate) const MEMBERS: &str = "insert into membership (project_id, account_id)
    select project.id, ('00000000-0000-4000-8000-000000' || 100000 + (number + 999) % 1000)::uuid
    from (select id, right(owner_id::text, 6)::int - 100000 as number from project) as project
    where number < 1000;
    analyze membership";

/// How many tasks of its own projects a user can listen to.
const TASKS_OF_USER: usize = 60;

/// The most that a user can listen to: tasks of its own, and of projects that it is a member of.
pub(crate) const SUBSCRIPTIONS_OF_USER: usize = TASKS_OF_USER * 2;

/// What a page of one task listens to.
const DOCUMENT: &str =
    "subscription($id: UUID!) { taskByPk(id: $id) { id title status project { id name } } }";

/// The key of an account, as the board makes its keys.
pub(crate) fn account(user: usize) -> String {
    key(user)
}

/// The task with this number among those of a user. A user has three projects of twenty tasks.
pub(crate) fn task(user: usize, number: usize) -> String {
    let (project, slot) = (user + 2000 * (number % 3), number / 3 % 20);
    key(project + 5000 * slot)
}

/// The payload of a user's subscription: to the user's own tasks, and to those of the next user, in turn. So each task is listened to by
/// two users, and none by one user twice.
pub(crate) fn subscription(user: usize, number: usize) -> Value {
    let owner = (user + number % 2) % USERS;
    json!({ "query": DOCUMENT, "variables": { "id": task(owner, number / 2) } })
}

fn key(number: usize) -> String {
    format!("00000000-0000-4000-8000-000000{}", 100_000 + number)
}
