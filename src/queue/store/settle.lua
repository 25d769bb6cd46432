-- Removes an entry from the queue for good. With a reason, makes it a dead letter first.
-- KEYS: the stream, the hash of entries by role, the stream of dead letters, the state of the operation, the hash of the
--       messages' bytes.
-- ARGV: 1 the group, 2 the entry, 3 the role, 4 the new state or nothing, 5 the attempts,
--       6 the reason for a dead letter or nothing, 7 the maximum length of the stream of dead letters,
--       8 the time (ms).
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
if not entry then
  return 0
end
if ARGV[6] ~= '' then
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[7], '*', 'reason', ARGV[6], 'attempts', ARGV[5], unpack(entry[2]))
end
redis.call('XDEL', KEYS[1], ARGV[2])
if redis.call('HINCRBY', KEYS[2], ARGV[3], -1) <= 0 then
  redis.call('HDEL', KEYS[2], ARGV[3])
end
local size = 0
for index = 1, #entry[2], 2 do
  if entry[2][index] == 'message' then size = #entry[2][index + 1] end
end
for _, field in ipairs({'all', 'role:' .. ARGV[3]}) do
  if redis.call('HINCRBY', KEYS[5], field, -size) <= 0 then redis.call('HDEL', KEYS[5], field) end
end
if ARGV[4] ~= '' and redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('HSET', KEYS[4], 'state', ARGV[4], 'attempts', ARGV[5], 'finishedAt', ARGV[8])
end
return 1
