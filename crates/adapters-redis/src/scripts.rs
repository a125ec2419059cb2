//! What Redis does in one go. Every script may be run twice with the same result, because a call whose answer was lost
//! is made again; but for those that count attempts, which then may count one too many.

use std::sync::LazyLock;

use redis::Script;

/// `KEYS[1]`: a session. Its fields, or nothing.
pub(crate) const READ: &str = r"
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
return redis.call('HMGET', KEYS[1], 'row', 'digest', 'seen', 'leaving', 'unborn')";

fn script(code: &str) -> Script {
    Script::new(code)
}

pub(crate) static READ_UNGUARDED: LazyLock<Script> = LazyLock::new(|| script(READ));

/// `KEYS[1]`: a session. Marks it as one that is decided on beside Redis, unless it is unborn. Its fields, or nothing.
pub(crate) static TAKE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
if redis.call('HEXISTS', KEYS[1], 'unborn') == 0 then redis.call('HSET', KEYS[1], 'leaving', 1) end
return redis.call('HMGET', KEYS[1], 'row', 'digest', 'seen', 'leaving', 'unborn')",
    )
});

/// `KEYS[1]`: a pointer; `ARGV`: what it is to say, the unit, milliseconds. Whether the pointer is this unit's now.
pub(crate) static CLAIM: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
local wanted = ARGV[1] .. ' ' .. ARGV[2]
local there = redis.call('GET', KEYS[1])
if not there then redis.call('SET', KEYS[1], wanted, 'PX', ARGV[3]) end
return (not there or there == wanted) and 1 or 0",
    )
});

/// `KEYS[1]`: a pointer; `ARGV`: what it says if it is this unit's, the unit. Removes it then.
pub(crate) static DISCLAIM: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if redis.call('GET', KEYS[1]) == ARGV[1] .. ' ' .. ARGV[2] then redis.call('DEL', KEYS[1]) end
return 1",
    )
});

/// `KEYS`: a session, its subject's index; `ARGV`: its id, the unit, row, digest, seen, milliseconds. Whether it is
/// there now, unborn and this unit's.
pub(crate) static RESERVE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.call('HGET', KEYS[1], 'unborn') == ARGV[2] and 1 or 0
end
redis.call('HSET', KEYS[1], 'unborn', ARGV[2], 'row', ARGV[3], 'digest', ARGV[4], 'seen', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
return 1",
    )
});

/// `KEYS`: a session, its subject's index; `ARGV`: its id, the unit. Removes what the unit reserved.
pub(crate) static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if redis.call('HGET', KEYS[1], 'unborn') == ARGV[2] then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return 1",
    )
});

/// `KEYS`: a session, its subject's index; `ARGV`: milliseconds that both live at least, 0 for ever. Brings the session
/// into the world. Whether it is there.
pub(crate) static CONFIRM: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[1], 'unborn')
local life = tonumber(ARGV[1])
if life == 0 then
  redis.call('PERSIST', KEYS[1])
  redis.call('PERSIST', KEYS[2])
  return 1
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
local index = redis.call('PTTL', KEYS[2])
local alone = redis.call('ZCARD', KEYS[2]) == 1
if (index >= 0 and index < life) or (index == -1 and alone) then redis.call('PEXPIRE', KEYS[2], ARGV[1]) end
return 1",
    )
});

/// `KEYS[1]`: a pointer; `ARGV[1]`: milliseconds that it lives, 0 for ever. Whether it is there.
pub(crate) static KEEP: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if tonumber(ARGV[1]) == 0 then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1",
    )
});

/// `KEYS[1]`: a session; `ARGV[1]`: when it was seen. Notes it if it is later than what is noted. 0 if the session is
/// not there, 2 if it is decided on beside Redis, else 1.
pub(crate) static TOUCH: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
local seen = redis.call('HGET', KEYS[1], 'seen')
if not seen then return 0 end
if tonumber(ARGV[1]) > tonumber(seen) then redis.call('HSET', KEYS[1], 'seen', ARGV[1]) end
return 1 + redis.call('HEXISTS', KEYS[1], 'leaving')",
    )
});

/// `KEYS`: a part of the indexes: all, due; `ARGV`: an id, when it is due. Enters the id.
pub(crate) static ENTER: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
redis.call('ZADD', KEYS[1], 0, ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
return 1",
    )
});

/// `KEYS`: a session, its subject's index; `ARGV[1]`: its id. Removes it.
pub(crate) static REMOVE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1",
    )
});

/// `KEYS`: a part of the indexes: all, due; `ARGV[1]`: an id. Strikes it out.
pub(crate) static STRIKE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1",
    )
});

/// `KEYS`: buckets; `ARGV`: now, and for each bucket how many attempts, its limit's amount and window in milliseconds.
/// Charges all, or none if one is spent: then the place of the one to wait for longest, from 0 on, and for how long.
///
/// A list outlives its window by a minute: what was charged by a clock that is ahead must not be gone too early.
pub(crate) static CHARGE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
local now = tonumber(ARGV[1])
local longest, where = -1, nil
for i, key in ipairs(KEYS) do
  local times, amount, window = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local first = redis.call('LINDEX', key, 0)
  while first and tonumber(first) + window <= now do
    redis.call('LPOP', key)
    first = redis.call('LINDEX', key, 0)
  end
  local blocking = redis.call('LLEN', key) + times - amount
  if blocking > 0 then
    local at = redis.call('LINDEX', key, blocking - 1)
    local wait = at and tonumber(at) + window - now or window
    if wait > longest then longest, where = wait, i - 1 end
  end
end
if where then return {where, longest} end
for i, key in ipairs(KEYS) do
  local latest = redis.call('LINDEX', key, -1)
  local at = latest and tonumber(latest) > now and latest or ARGV[1]
  for _ = 1, tonumber(ARGV[3 * i - 1]) do redis.call('RPUSH', key, at) end
  redis.call('PEXPIRE', key, math.min(tonumber(ARGV[3 * i + 1]) + 60000, 315360000000))
end
return false",
    )
});

/// `KEYS`: buckets; `ARGV`: how many attempts each gets back.
pub(crate) static REFUND: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
for i, key in ipairs(KEYS) do
  for _ = 1, tonumber(ARGV[i]) do redis.call('RPOP', key) end
end
return 1",
    )
});
