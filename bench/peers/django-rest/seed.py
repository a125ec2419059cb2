"""`seed.py SESSIONS FILE`: users with a token each (the framework gives a user one), and the requests that use them."""

import json
import sys

import django

django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

PASSWORD = "correct horse battery staple"
LOGINS = 1000

sessions, file = int(sys.argv[1]), sys.argv[2]
call_command("migrate", verbosity=0)
# The same hash for all: one for each would take hours.
password = make_password(PASSWORD)
names = [f"user{at}" for at in range(sessions)]
keys = [Token.generate_key() for _ in names]
now = timezone.now()
with transaction.atomic(), connection.cursor() as cursor:
    cursor.executemany(
        """insert into auth_user (id, password, is_superuser, username, first_name, last_name, email,
               is_staff, is_active, date_joined) values (%s, %s, false, %s, '', '', %s, false, true, %s)""",
        ((at, password, name, f"{name}@example.org", now) for at, name in enumerate(names, 1)),
    )
    cursor.executemany(
        "insert into authtoken_token (key, created, user_id) values (%s, %s, %s)",
        ((key, now, at) for at, key in enumerate(keys, 1)),
    )

with open(file, "w") as requests:
    requests.writelines(f"GET /me/\tAuthorization: Token {key}\n" for key in keys)
with open(f"{file}.logins", "w") as logins:
    for name in names[:LOGINS]:
        body = json.dumps({"username": name, "password": PASSWORD})
        logins.write(f"POST /login/\tContent-Type: application/json\t{body}\n")
