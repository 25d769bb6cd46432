// @generated automatically by Diesel CLI.

pub mod sql_types {
    #[derive(diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "member_role"))]
    pub struct MemberRole;

    #[derive(diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "task_status"))]
    pub struct TaskStatus;
}

diesel::table! {
    account (id) {
        id -> Uuid,
        email -> Text,
        name -> Text,
        bio -> Nullable<Text>,
        time_zone -> Text,
        preferences -> Jsonb,
        is_active -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    comment (id) {
        id -> Uuid,
        task_id -> Uuid,
        author_id -> Uuid,
        body -> Text,
        created_at -> Timestamptz,
        edited_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    label (id) {
        id -> Uuid,
        name -> Text,
        color -> Text,
        description -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::MemberRole;

    membership (project_id, account_id) {
        project_id -> Uuid,
        account_id -> Uuid,
        role -> MemberRole,
        joined_at -> Timestamptz,
    }
}

diesel::table! {
    project (id) {
        id -> Uuid,
        code -> Text,
        name -> Text,
        description -> Nullable<Text>,
        owner_id -> Uuid,
        budget -> Nullable<Numeric>,
        starts_on -> Nullable<Date>,
        is_archived -> Bool,
        is_public -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::TaskStatus;

    task (id) {
        id -> Uuid,
        project_id -> Uuid,
        number -> Int4,
        parent_id -> Nullable<Uuid>,
        title -> Text,
        description -> Nullable<Text>,
        status -> TaskStatus,
        priority -> Int2,
        author_id -> Uuid,
        assignee_id -> Nullable<Uuid>,
        estimate_hours -> Nullable<Numeric>,
        due_on -> Nullable<Date>,
        tags -> Array<Nullable<Text>>,
        details -> Nullable<Jsonb>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        completed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    task_label (task_id, label_id) {
        task_id -> Uuid,
        label_id -> Uuid,
    }
}

diesel::joinable!(comment -> account (author_id));
diesel::joinable!(comment -> task (task_id));
diesel::joinable!(membership -> account (account_id));
diesel::joinable!(membership -> project (project_id));
diesel::joinable!(project -> account (owner_id));
diesel::joinable!(task -> project (project_id));
diesel::joinable!(task_label -> label (label_id));
diesel::joinable!(task_label -> task (task_id));

diesel::allow_tables_to_appear_in_same_query!(account, comment, label, membership, project, task, task_label,);
