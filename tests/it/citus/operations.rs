//! Operations on the tables of tenants.

/// Operations whose answers are those of PostgreSQL.
pub(super) const ANSWERED: [(&str, &str); 85] = [
    ("collection", "{ taskCollection { edges { node { tenantId id title } } } }"),
    ("columns", "{ taskCollection(first: 5) { edges { node { hours tags details done nodeId } } } }"),
    ("of a tenant", "{ taskCollection(filter: { tenantId: { eq: 3 } }) { edges { node { id title } } } }"),
    (
        "filtered",
        "{ taskCollection(filter: { done: { eq: true }, id: { gt: 12 } }) { edges { node { tenantId title } } } }",
    ),
    (
        "or",
        "{ taskCollection(filter: { or: [{ id: { eq: 1 } }, { title: { like: \"%.20\" } }] }) { edges { node { title } } } }",
    ),
    ("not", "{ taskCollection(filter: { not: { id: { gt: 2 } } }) { edges { node { title } } } }"),
    (
        "in",
        "{ taskCollection(filter: { tenantId: { in: [1, 2] }, id: { in: [3, 4] } }) { edges { node { title } } } }",
    ),
    (
        "array",
        "{ taskCollection(filter: { tags: { contains: [\"b1\"] }, tenantId: { eq: 1 } }) { edges { node { title } } } }",
    ),
    (
        "is null",
        "{ taskCollection(filter: { author: { is: NULL }, tenantId: { eq: 1 } }) { edges { node { title } } } }",
    ),
    (
        "ordered",
        "{ taskCollection(orderBy: [{ title: DescNullsLast }], first: 7) { edges { node { title } } } }",
    ),
    (
        "ordered by two",
        "{ taskCollection(orderBy: [{ done: AscNullsLast }, { title: DescNullsLast }], first: 7) { edges { node { title } } } }",
    ),
    (
        "order of a tenant",
        "{ taskCollection(filter: { tenantId: { eq: 2 } }, orderBy: [{ hours: DescNullsLast }], first: 3) { edges { node { title } } } }",
    ),
    (
        "first",
        "{ taskCollection(first: 3) { edges { cursor node { title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }",
    ),
    (
        "last",
        "{ taskCollection(last: 3) { edges { cursor node { title } } pageInfo { hasNextPage hasPreviousPage } } }",
    ),
    (
        "after",
        "{ taskCollection(first: 3, after: \"WzIsIDVd\") { edges { node { title } } pageInfo { hasPreviousPage } } }",
    ),
    (
        "before",
        "{ taskCollection(last: 3, before: \"WzIsIDVd\") { edges { node { title } } pageInfo { hasNextPage } } }",
    ),
    (
        "offset",
        "{ taskCollection(first: 3, offset: 30) { edges { node { title } } pageInfo { hasNextPage } } }",
    ),
    (
        "page of a tenant",
        "{ taskCollection(filter: { tenantId: { eq: 4 } }, first: 3, offset: 5) { edges { node { title } } pageInfo { hasNextPage } } }",
    ),
    ("total", "{ taskCollection { totalCount } }"),
    (
        "total of a tenant",
        "{ taskCollection(filter: { tenantId: { eq: 3 } }) { totalCount edges { node { title } } } }",
    ),
    (
        "aggregate",
        "{ taskCollection { aggregate { count sum { hours id } avg { hours } min { title } max { hours } } } }",
    ),
    (
        "aggregate of a tenant",
        "{ taskCollection(filter: { tenantId: { eq: 3 } }) { aggregate { count sum { hours } max { title } } } }",
    ),
    ("typename", "{ taskCollection(first: 1) { __typename edges { __typename node { __typename } } } }"),
    ("by key", "{ taskByPk(tenantId: 3, id: 7) { title hours tags } }"),
    ("by no key", "{ taskByPk(tenantId: 3, id: 700) { title } }"),
    (
        "node",
        "{ node(nodeId: \"WyJnbG93cGx1Z190ZW5hbnRzIiwgInRhc2siLCAzLCA3XQ==\") { ... on Task { title project { name } } } }",
    ),
    (
        "node id filter",
        "{ taskCollection(filter: { nodeId: { eq: \"WyJnbG93cGx1Z190ZW5hbnRzIiwgInRhc2siLCAzLCA3XQ==\" } }) { edges { node { title project { name } } } } }",
    ),
    ("by key, to one", "{ taskByPk(tenantId: 3, id: 7) { title project { name } } }"),
    (
        "by key, to one twice",
        "{ taskByPk(tenantId: 3, id: 7) { project { name owner: person { name } } author: person { name } } }",
    ),
    (
        "by key, to many",
        "{ projectByPk(tenantId: 3, id: 2) { taskCollection { edges { node { title } } } } }",
    ),
    (
        "by key, three deep",
        "{ projectByPk(tenantId: 3, id: 2) { taskCollection { edges { node { title commentCollection { edges { node { body task { title } } } } } } } } }",
    ),
    ("by key, total alone", "{ projectByPk(tenantId: 3, id: 2) { taskCollection { totalCount } } }"),
    (
        "by key, aggregate alone",
        "{ projectByPk(tenantId: 3, id: 2) { taskCollection { aggregate { count sum { hours } } } } }",
    ),
    (
        "by key, total and edges",
        "{ projectByPk(tenantId: 3, id: 2) { taskCollection(first: 2) { totalCount edges { node { title } } pageInfo { hasNextPage } } } }",
    ),
    (
        "by key, filtered",
        "{ projectByPk(tenantId: 3, id: 2) { taskCollection(filter: { done: { eq: true } }) { totalCount edges { node { title } } } } }",
    ),
    (
        "by key, pages",
        "{ projectByPk(tenantId: 3, id: 2) { taskCollection(last: 2) { edges { cursor node { title } } pageInfo { hasPreviousPage endCursor } } } }",
    ),
    (
        "by key, offset",
        "{ projectByPk(tenantId: 3, id: 2) { taskCollection(first: 2, offset: 1) { edges { node { title person { name } } } } } }",
    ),
    (
        "to one of a tenant",
        "{ taskCollection(filter: { tenantId: { eq: 3 } }, first: 4) { edges { node { title project { name } } } } }",
    ),
    ("to one of all", "{ taskCollection(first: 4) { edges { node { title project { name } } } } }"),
    ("to one, nullable", "{ taskCollection(first: 6) { edges { node { title person { name } } } } }"),
    (
        "to many of a tenant",
        "{ projectCollection(filter: { tenantId: { eq: 3 } }) { edges { node { name taskCollection { edges { node { title } } } } } } }",
    ),
    (
        "to many of all",
        "{ projectCollection(first: 5) { edges { node { name taskCollection(first: 2) { edges { node { title } } } } } } }",
    ),
    (
        "two relations of a tenant",
        "{ taskCollection(filter: { tenantId: { eq: 3 } }, first: 5) { edges { node { project { name } commentCollection { edges { node { body } } } } } } }",
    ),
    (
        "two relations of all",
        "{ taskCollection(first: 5) { edges { node { project { name } commentCollection { edges { node { body } } } } } } }",
    ),
    (
        "three deep of a tenant",
        "{ projectCollection(filter: { tenantId: { eq: 3 } }) { edges { node { name taskCollection(first: 3) { edges { node { title commentCollection(first: 2) { edges { node { body } } } } } } } } } }",
    ),
    (
        "three deep of all",
        "{ projectCollection(first: 4) { edges { node { name taskCollection(first: 3) { edges { node { title commentCollection(first: 2) { edges { node { body } } } } } } } } } }",
    ),
    (
        "there and back",
        "{ projectCollection(first: 4) { edges { node { name taskCollection(first: 1) { edges { node { project { name person { name } } } } } } } } }",
    ),
    (
        "totals below a collection",
        "{ projectCollection(first: 5) { edges { node { name taskCollection { totalCount } } } } }",
    ),
    (
        "aggregates below a collection",
        "{ projectCollection(first: 5) { edges { node { name taskCollection { aggregate { count max { hours } } } } } } }",
    ),
    (
        "totals below, of a tenant",
        "{ projectCollection(filter: { tenantId: { eq: 3 } }) { edges { node { name taskCollection { totalCount } } } } }",
    ),
    (
        "last below a collection",
        "{ projectCollection(first: 5) { edges { node { taskCollection(last: 2) { edges { cursor node { title } } pageInfo { hasPreviousPage startCursor } } } } } }",
    ),
    (
        "after below a collection",
        "{ projectCollection(first: 3) { edges { node { taskCollection(first: 2, after: \"WzEsIDVd\") { edges { node { title } } pageInfo { hasPreviousPage hasNextPage } } } } } }",
    ),
    (
        "filter below a collection",
        "{ projectCollection(first: 5) { edges { node { taskCollection(filter: { done: { eq: true } }, orderBy: [{ title: DescNullsLast }]) { edges { node { title } } } } } } }",
    ),
    (
        "relation with offset of a tenant",
        "{ taskCollection(filter: { tenantId: { eq: 3 } }, first: 3, offset: 4) { edges { node { title project { name } } } } }",
    ),
    (
        "relation with offset of all",
        "{ taskCollection(first: 3, offset: 4) { edges { node { title project { name } } } } }",
    ),
    (
        "relation, backward",
        "{ taskCollection(last: 3) { edges { node { title project { name } } } pageInfo { hasPreviousPage } } }",
    ),
    (
        "relation, total",
        "{ taskCollection(first: 3) { totalCount edges { cursor node { title project { name } } } pageInfo { hasNextPage endCursor } } }",
    ),
    (
        "relation to a reference table",
        "{ personCollection(first: 5) { edges { node { name country { name } } } } }",
    ),
    ("reference table", "{ countryCollection { edges { node { code name } } } }"),
    ("reference row", "{ countryByPk(code: \"fr\") { name } }"),
    ("local table", "{ settingCollection { edges { node { name value } } } }"),
    ("local row", "{ settingByPk(name: \"size\") { value } }"),
    ("view", "{ openTaskCollection(first: 5) { edges { node { title } } } }"),
    (
        "view of a tenant",
        "{ openTaskCollection(filter: { tenantId: { eq: 2 } }, last: 2) { edges { node { title } } } }",
    ),
    ("computed by key", "{ taskByPk(tenantId: 3, id: 7) { label } }"),
    (
        "computed of a tenant",
        "{ taskCollection(filter: { tenantId: { eq: 3 } }, first: 3) { edges { node { label } } } }",
    ),
    ("computed of all", "{ taskCollection(first: 3) { edges { node { label title } } } }"),
    (
        "computed below",
        "{ projectByPk(tenantId: 3, id: 1) { taskCollection(first: 2) { edges { node { label } } } } }",
    ),
    ("set of an SQL function", "{ doneTasks(first: 4) { edges { node { title label } } } }"),
    (
        "set of an SQL function, pages",
        "{ doneTasks(last: 3) { edges { cursor node { title } } pageInfo { hasPreviousPage } } }",
    ),
    ("set of a PL/pgSQL function", "{ tasksCalled(pattern: \"task 3.1%\") { edges { node { title } } } }"),
    ("scalar function", "{ double(number: 21) }"),
    (
        "filter by a row",
        "{ taskCollection(filter: { tenantId: { eq: 3 }, project: { name: { eq: \"project 3.2\" } } }) { edges { node { title } } } }",
    ),
    (
        "filter by a row, of all",
        "{ taskCollection(filter: { project: { name: { eq: \"project 3.2\" } } }) { edges { node { title } } } }",
    ),
    (
        "filter by rows",
        "{ projectCollection(filter: { tenantId: { eq: 3 }, taskCollection: { some: { done: { eq: true } } } }) { edges { node { name } } } }",
    ),
    (
        "filter by rows, of all",
        "{ projectCollection(filter: { taskCollection: { some: { title: { eq: \"task 4.4\" } } } }) { edges { node { name } } } }",
    ),
    (
        "filter by no rows",
        "{ taskCollection(filter: { tenantId: { eq: 3 }, commentCollection: { none: {} } }) { edges { node { title } } } }",
    ),
    (
        "filter by a number of rows",
        "{ projectCollection(filter: { tenantId: { eq: 3 }, taskCollection: { count: { gte: 5 } } }) { edges { node { name } } } }",
    ),
    (
        "order by a row",
        "{ taskCollection(filter: { tenantId: { eq: 3 } }, orderBy: [{ project: { name: DescNullsLast } }], first: 4) { edges { cursor node { title } } } }",
    ),
    (
        "order by a number of rows",
        "{ projectCollection(filter: { tenantId: { eq: 3 } }, orderBy: [{ taskCollection: { count: DescNullsLast } }]) { edges { node { name } } } }",
    ),
    (
        "several root fields",
        "{ a: taskByPk(tenantId: 1, id: 1) { title project { name } } b: projectCollection(first: 1) { edges { node { name } } } c: countryCollection { edges { node { name } } } d: settingCollection { edges { node { name } } } }",
    ),
    (
        "fragments",
        "query { taskCollection(first: 2) { edges { node { ...T } } } } fragment T on Task { title project { name } }",
    ),
    (
        "variables",
        "query ($t: Int = 3) { taskCollection(filter: { tenantId: { eq: $t } }, first: 2) { edges { node { title project { name } } } } }",
    ),
    (
        "null as a value",
        "{ taskCollection(filter: { tenantId: { eq: null } }) { edges { node { title project { name } } } } }",
    ),
    (
        "below rows of a key",
        "{ personByPk(tenantId: 2, id: 1) { name projectCollection { edges { node { name taskCollection(first: 2) { edges { node { title } } } } } } } }",
    ),
];

/// Operations that Citus cannot run, each with an error.
pub(super) const REFUSED: [(&str, &str); 4] = [
    (
        "from a reference table",
        "{ countryCollection { edges { node { name personCollection { edges { node { name } } } } } } }",
    ),
    ("set of an SQL function with arguments", "{ tasksLike(pattern: \"%1\") { edges { node { title } } } }"),
    (
        "relation of a function's rows",
        "{ tasksLike(pattern: \"%1\") { edges { node { title project { name } } } } }",
    ),
    (
        "relation of a deleted row",
        "mutation { deleteFromCommentCollection(filter: { id: { eq: 40 } }, atMost: 9) { records { body task { title } } } }",
    ),
];

/// Mutations in their order; the answers and the tables afterwards are those of PostgreSQL.
pub(super) const MUTATIONS: [(&str, &str); 17] = [
    (
        "insert one",
        "mutation { insertIntoTaskCollection(objects: [{ tenantId: 3, id: 100, projectId: 1, title: \"new\" }]) { affectedCount records { title done } } }",
    ),
    (
        "insert several",
        "mutation { insertIntoTaskCollection(objects: [{ tenantId: 3, id: 101, projectId: 1, title: \"a\" }, { tenantId: 4, id: 101, projectId: 2, title: \"b\" }]) { affectedCount records { title } } }",
    ),
    (
        "insert with a relation",
        "mutation { insertIntoTaskCollection(objects: [{ tenantId: 3, id: 102, projectId: 2, title: \"related\" }]) { records { title project { name } } } }",
    ),
    (
        "insert several with a relation",
        "mutation { insertIntoTaskCollection(objects: [{ tenantId: 3, id: 103, projectId: 2, title: \"c\" }, { tenantId: 5, id: 103, projectId: 2, title: \"d\" }]) { records { title project { name taskCollection(last: 1) { edges { node { title } } } } } } }",
    ),
    (
        "insert into a reference table",
        "mutation { insertIntoCountryCollection(objects: [{ code: \"it\", name: \"Italy\" }]) { affectedCount records { name } } }",
    ),
    (
        "insert into a local table",
        "mutation { insertIntoSettingCollection(objects: [{ name: \"shape\", value: \"round\" }]) { records { value } } }",
    ),
    (
        "upsert",
        "mutation { insertIntoTaskCollection(objects: [{ tenantId: 3, id: 100, projectId: 2, title: \"again\" }], onConflict: { constraint: task_pkey, updateColumns: [title, projectId] }) { records { title project { name } } } }",
    ),
    (
        "nested insert",
        "mutation { insertIntoProjectCollection(objects: [{ tenantId: 3, id: 50, name: \"nested\", taskCollection: { objects: [{ id: 150, title: \"one\" }, { id: 151, title: \"two\" }] } }]) { records { name taskCollection { edges { node { title } } } } } }",
    ),
    (
        "update by key",
        "mutation { updateTaskCollection(set: { title: \"changed\" }, filter: { tenantId: { eq: 3 }, id: { eq: 1 } }) { affectedCount records { title } } }",
    ),
    (
        "update with a relation",
        "mutation { updateTaskCollection(set: { title: \"changed again\" }, filter: { tenantId: { eq: 3 }, id: { eq: 1 } }) { records { title project { name taskCollection(first: 2) { edges { node { title } } } } } } }",
    ),
    (
        "update of all tenants",
        "mutation { updateTaskCollection(set: { done: true }, filter: { id: { eq: 2 } }, atMost: 10) { affectedCount } }",
    ),
    (
        "update of all tenants with a relation",
        "mutation { updateTaskCollection(set: { done: false }, filter: { id: { eq: 2 } }, atMost: 10) { affectedCount records { title project { name } } } }",
    ),
    (
        "delete",
        "mutation { deleteFromCommentCollection(filter: { tenantId: { eq: 3 }, id: { eq: 1 } }) { affectedCount records { body } } }",
    ),
    (
        "delete with a relation",
        "mutation { deleteFromCommentCollection(filter: { tenantId: { eq: 3 }, id: { eq: 2 } }) { records { body task { title } } } }",
    ),
    (
        "delete of all tenants",
        "mutation { deleteFromCommentCollection(filter: { id: { eq: 3 } }, atMost: 10) { affectedCount } }",
    ),
    (
        "two fields",
        "mutation { a: updateTaskCollection(set: { title: \"x\" }, filter: { tenantId: { eq: 1 }, id: { eq: 1 } }) { affectedCount } b: updateTaskCollection(set: { title: \"y\" }, filter: { tenantId: { eq: 2 }, id: { eq: 1 } }) { affectedCount records { title project { name } } } }",
    ),
    ("function", "mutation { finish(tenant: 3, number: 4) }"),
];
