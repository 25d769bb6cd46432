-- Puts an operation into the queue, unless a limit is reached, or no worker takes operations.
-- KEYS: the stream, the hash of entries by role, the state of the operation, the hash that exists as long as workers run,
--       the hash of the messages' bytes: of `all`, and of each `role:NAME`.
-- ARGV: 1 the stream's maximum length, 2 the maximum waiting time (ms), 3 how many entries a role may have,
--       4 the role, 5 the version, 6 the message, 7 the group,
--       8 for how long (ms) the state is kept, 0 for no state, 9 the principal, 10 the time (ms),
--       11 whether it is useless unless a worker runs now: 1 or 0,
--       12 how many bytes all messages may have, 13 how many those of a role may have.
if ARGV[11] == '1' and redis.call('EXISTS', KEYS[4]) == 0 then
  return {'nobody', '0'}
end
local length = redis.call('XLEN', KEYS[1])
if length >= tonumber(ARGV[1]) then
  return {'full', tostring(length)}
end
if tonumber(redis.call('HGET', KEYS[2], ARGV[4]) or '0') >= tonumber(ARGV[3]) then
  return {'share', '0'}
end
local size, of_role = #ARGV[6], 'role:' .. ARGV[4]
if length == 0 then
  -- Resets counts whose entries were lost, or that a program without byte counts left behind. An empty queue takes any message.
  local fields = redis.call('HKEYS', KEYS[5])
  for _, field in ipairs(fields) do redis.call('HDEL', KEYS[5], field) end
else
  local function bytes(field) return tonumber(redis.call('HGET', KEYS[5], field) or '0') end
  if bytes('all') + size > tonumber(ARGV[12]) then
    return {'bytes', tostring(bytes('all'))}
  end
  if bytes(of_role) + size > tonumber(ARGV[13]) then
    return {'share', '0'}
  end
  -- Entries that no worker has yet are behind the last entry that the group got.
  local last = '0-0'
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local found = {}
    for index = 1, #group, 2 do found[group[index]] = group[index + 1] end
    if found['name'] == ARGV[7] then last = found['last-delivered-id'] end
  end
  local waiting = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', 1)
  if waiting[1] then
    local now = redis.call('TIME')
    local age = now[1] * 1000 + math.floor(now[2] / 1000) - tonumber(string.match(waiting[1][1], '^%d+'))
    if age > tonumber(ARGV[2]) then
      return {'age', tostring(age)}
    end
  end
end
local id = redis.call('XADD', KEYS[1], '*', 'version', ARGV[5], 'message', ARGV[6], 'role', ARGV[4])
redis.call('HINCRBY', KEYS[2], ARGV[4], 1)
redis.call('HINCRBY', KEYS[5], 'all', size)
redis.call('HINCRBY', KEYS[5], of_role, size)
if tonumber(ARGV[8]) > 0 then
  -- An operation that is sent again while it waits or runs is the same operation.
  local state = redis.call('HGET', KEYS[3], 'state')
  if state ~= 'QUEUED' and state ~= 'RUNNING' then
    redis.call('HDEL', KEYS[3], 'startedAt', 'finishedAt')
    redis.call('HSET', KEYS[3], 'state', 'QUEUED', 'attempts', '0', 'principal', ARGV[9], 'enqueuedAt', ARGV[10])
  end
  redis.call('PEXPIRE', KEYS[3], ARGV[8])
end
return {'queued', id}
