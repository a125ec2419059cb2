// better-auth on SQLite behind node:http, one process for each processor. `server.mjs PORT SESSIONS FILE DATABASE`

import { createHmac } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import cluster from "node:cluster";
import { createServer } from "node:http";
import { availableParallelism } from "node:os";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { generateRandomString } from "better-auth/crypto";
import { toNodeHandler } from "better-auth/node";
import Database from "better-sqlite3";

const SECRET = "a secret that is known to all, as nothing here is worth one";
const PASSWORD = "correct horse battery staple";
const SESSIONS_PER_USER = 10;
const LOGINS = 1000;

const [port, sessions, file, path] = process.argv.slice(2);

const database = new Database(path);
database.pragma("journal_mode = WAL");
const auth = betterAuth({
  database,
  baseURL: `http://127.0.0.1:${port}`,
  secret: SECRET,
  emailAndPassword: { enabled: true },
  // On in production: a hundred requests of one address in ten seconds.
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
});

if (cluster.isPrimary) {
  await seed(Number(sessions));
  const workers = Array.from({ length: availableParallelism() }, () => cluster.fork());
  await Promise.all(workers.map((worker) => new Promise((listens) => worker.once("listening", listens))));
  console.log("READY");
} else {
  createServer(toNodeHandler(auth)).listen(Number(port), "127.0.0.1");
}

/** Signs one user up, copies what that wrote for all others, and writes the requests to `file` and `file.logins`. */
async function seed(sessions) {
  await (await getMigrations(auth.options)).runMigrations();
  await auth.api.signUpEmail({ body: { name: "User 0", email: "user0@example.org", password: PASSWORD } });
  const [user, account, session] = ["user", "account", "session"].map((table) => {
    const row = database.prepare(`select * from "${table}"`).get();
    const columns = Object.keys(row);
    const insert = database.prepare(
      `insert into "${table}" (${columns.map((name) => `"${name}"`)}) values (${columns.map((name) => `@${name}`)})`,
    );
    return (changed) => insert.run({ ...row, ...changed });
  });

  const [requests, logins] = [openSync(file, "w"), openSync(`${file}.logins`, "w")];
  const first = database.prepare('select id from "user"').get().id;
  const users = [first];
  const tokens = [];
  database.transaction(() => {
    for (let at = 0; at < sessions; at++) {
      if (at % SESSIONS_PER_USER === 0 && at > 0) {
        const userId = generateRandomString(32);
        user({ id: userId, name: `User ${users.length}`, email: `user${users.length}@example.org` });
        account({ id: generateRandomString(32), accountId: userId, userId });
        users.push(userId);
      }
      const token = generateRandomString(32);
      session({ id: generateRandomString(32), token, userId: users.at(-1) });
      tokens.push(token);
    }
  })();
  for (const token of tokens) {
    const signature = createHmac("sha256", SECRET).update(token).digest("base64");
    const cookie = encodeURIComponent(`${token}.${signature}`);
    writeSync(requests, `GET /api/auth/get-session\tCookie: better-auth.session_token=${cookie}\n`);
  }
  for (const at of users.slice(0, LOGINS).keys()) {
    const body = JSON.stringify({ email: `user${at}@example.org`, password: PASSWORD });
    writeSync(logins, `POST /api/auth/sign-in/email\tContent-Type: application/json\t${body}\n`);
  }
  [requests, logins].forEach(closeSync);
}
