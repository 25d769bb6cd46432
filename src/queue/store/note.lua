-- Records that an operation is running, if its state is kept. KEYS: the state. ARGV: 1 the attempts, 2 the time (ms).
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'state', 'RUNNING', 'attempts', ARGV[1], 'startedAt', ARGV[2])
end
return 0
