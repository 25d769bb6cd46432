-- Notes a new state of an operation, if a state of it is kept. KEYS: the state. ARGV: 1 the state, 2 the attempts.
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'state', ARGV[1], 'attempts', ARGV[2])
end
return 0
