-- The one user that signed up, and that user's session, as often as is asked for.

insert into "_User"
select made.*
from "_User" as first,
    generate_series(1, greatest(:sessions / 10, 1) - 1) as nth (at),
    lateral (select 'u' || lpad(at::text, 9, '0') as id) as named,
    lateral jsonb_populate_record(first, jsonb_build_object(
        'objectId', id,
        'username', 'user' || at,
        'email', 'user' || at || '@example.org',
        '_rperm', jsonb_build_array(id),
        '_wperm', jsonb_build_array(id)
    )) as made;

create temporary table users as select row_number() over () - 1 as at, "objectId" as id from "_User";

insert into "_Session"
select made.*
from "_Session" as first,
    generate_series(1, :sessions - 1) as nth (at)
    join users on users.at = nth.at % greatest(:sessions / 10, 1),
    lateral jsonb_populate_record(first, jsonb_build_object(
        'objectId', 's' || lpad(nth.at::text, 9, '0'),
        'sessionToken', 'r:' || replace(gen_random_uuid()::text, '-', ''),
        'user', users.id
    )) as made;

-- The server makes none, and each check would read the whole table.
create index on "_Session" ("sessionToken");
vacuum analyze;
