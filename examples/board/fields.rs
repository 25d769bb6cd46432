//! The fields that the task board answers itself, by typed Diesel queries on the connections of the API.
//!
//! Only what the database's own part of the API cannot say in one field. The tests of the library use them, too.

use chrono::NaiveDate;
use diesel::dsl::{count_star, now, sql};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use glowplug::server::Builder;
use glowplug::{FieldContext, FieldError, Server};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::schema::sql_types::TaskStatus;
use super::schema::{account, comment, project, task};

/// The board: the API of the database, and these fields.
pub(crate) fn board() -> Builder {
    Server::builder()
        .types(
            r#"
            "How much a person has to do."
            type Workload {
              name: String!
              "Tasks that are assigned to the person and not completed."
              openTasks: Int!
            }
            "What became of a project's tasks."
            type ClosedProject { code: String!  cancelledTasks: Int!  note: UUID }
            "#,
        )
        .query(
            r#""Open tasks whose day has passed." overdueTasks(on: Date!, projectId: UUID): Int!"#,
            overdue_tasks,
        )
        .query(r#""Who has most to do." workload(first: Int! = 5): [Workload!]!"#, workload)
        .mutation(
            r#"
            "Archives a project and cancels its open tasks; the note becomes a comment of its first task."
            closeProject(projectId: UUID!, note: String): ClosedProject!
            "#,
            close_project,
        )
}

/// The arguments of `overdueTasks`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Overdue {
    on: NaiveDate,
    project_id: Option<Uuid>,
}

async fn overdue_tasks(context: FieldContext, asked: Overdue) -> Result<i64, FieldError> {
    let mut overdue = task::table
        .filter(task::due_on.lt(asked.on))
        .filter(task::completed_at.is_null())
        .select(count_star())
        .into_boxed();
    if let Some(project_id) = asked.project_id {
        overdue = overdue.filter(task::project_id.eq(project_id));
    }
    let mut connection = context.connection().await?;
    Ok(overdue.get_result(&mut *connection).await?)
}

/// The arguments of `workload`.
#[derive(Deserialize)]
struct Most {
    first: i64,
}

/// A row of `workload`, and an object of the API.
#[derive(Queryable, Serialize)]
#[serde(rename_all = "camelCase")]
struct Workload {
    name: String,
    open_tasks: i64,
}

async fn workload(context: FieldContext, asked: Most) -> Result<Vec<Workload>, FieldError> {
    if !(0..=100).contains(&asked.first) {
        return Err(FieldError::bad_user_input("first must be from 0 to 100"));
    }
    let mut connection = context.connection().await?;
    let busiest = account::table
        .inner_join(task::table.on(task::assignee_id.eq(account::id.nullable())))
        .filter(task::completed_at.is_null())
        .group_by(account::id)
        .order((count_star().desc(), account::name))
        .limit(asked.first)
        .select((account::name, count_star()));
    Ok(busiest.load(&mut *connection).await?)
}

/// The arguments of `closeProject`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Closing {
    project_id: Uuid,
    note: Option<String>,
}

/// What `closeProject` returns.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClosedProject {
    code: String,
    cancelled_tasks: usize,
    note: Option<Uuid>,
}

async fn close_project(context: FieldContext, closing: Closing) -> Result<ClosedProject, FieldError> {
    let mut connection = context.connection().await?;
    let found = project::table.find(closing.project_id).filter(project::is_archived.eq(false));
    let (code, owner): (String, Uuid) = diesel::update(found)
        .set(project::is_archived.eq(true))
        .returning((project::code, project::owner_id))
        .get_result(&mut *connection)
        .await
        .optional()?
        .ok_or_else(|| FieldError::bad_user_input("there is no such project, or it is closed already"))?;
    let tasks = task::table.filter(task::project_id.eq(closing.project_id));
    let cancelled_tasks = diesel::update(tasks.filter(task::completed_at.is_null()))
        .set(task::status.eq(sql::<TaskStatus>("'cancelled'")))
        .execute(&mut *connection)
        .await?;
    let note = match closing.note {
        Some(note) => {
            let first = tasks.order(task::number).select(task::id).first::<Uuid>(&mut *connection).await?;
            let written = (
                comment::task_id.eq(first),
                comment::author_id.eq(owner),
                comment::body.eq(note),
                comment::created_at.eq(now),
            );
            let written = diesel::insert_into(comment::table).values(written).returning(comment::id);
            Some(written.get_result(&mut *connection).await?)
        }
        None => None,
    };
    Ok(ClosedProject { code, cancelled_tasks, note })
}
