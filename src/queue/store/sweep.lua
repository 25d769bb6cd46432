-- Forgets workers that are gone and have no entries. (Forgetting one with entries would lose them.)
-- KEYS: the stream. ARGV: 1 the group, 2 for how long (ms) a worker must have been silent.
local forgotten = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local found = {}
  for index = 1, #consumer, 2 do found[consumer[index]] = consumer[index + 1] end
  if found['pending'] == 0 and found['idle'] > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], found['name'])
    forgotten = forgotten + 1
  end
end
return forgotten
