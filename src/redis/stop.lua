-- stop: the node goes. The last one notes that nothing was lost when it went.
if redis.call('HGET', P .. 'gens', NODE) ~= GENERATION then return 0 end
redis.call('ZREM', P .. 'leases', NODE)
if redis.call('ZCOUNT', P .. 'leases', digits(now_ms()), '+inf') == 0 then
  redis.call('HSET', P .. 'meta', 'clean', '1')
end
return 1
