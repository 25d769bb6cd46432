-- Returns how much is in the queue, and how old it is. Changes nothing.
-- KEYS: the stream, the stream of dead letters, the hash of the messages' bytes.
-- ARGV: 1 the group, 2 within which time (ms) a worker must have reported to be counted.
-- Returns: how many operations wait, how many run, how many are dead letters, the age (ms) of the oldest waiting one and of the
-- oldest running one, the number of workers, and the number of bytes of all messages in the queue.
local length, pending, workers, last = redis.call('XLEN', KEYS[1]), 0, 0, '0-0'
local groups = redis.call('EXISTS', KEYS[1]) == 1 and redis.call('XINFO', 'GROUPS', KEYS[1]) or {}
for _, group in ipairs(groups) do
  local found = {}
  for index = 1, #group, 2 do found[group[index]] = group[index + 1] end
  if found['name'] == ARGV[1] then
    last, pending = found['last-delivered-id'], found['pending']
    for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
      for index = 1, #consumer, 2 do
        if consumer[index] == 'idle' and consumer[index + 1] <= tonumber(ARGV[2]) then workers = workers + 1 end
      end
    end
  end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function age(first, to)
  local entry = redis.call('XRANGE', KEYS[1], first, to, 'COUNT', 1)[1]
  return entry and math.max(now - tonumber(string.match(entry[1], '^%d+')), 0) or 0
end
return {
  math.max(length - pending, 0), pending, redis.call('XLEN', KEYS[2]), age('(' .. last, '+'),
  pending > 0 and age('-', last) or 0, workers,
  length > 0 and tonumber(redis.call('HGET', KEYS[3], 'all') or '0') or 0,
}
