-- renew: the node is still there. It also ends a roll call whose time is over.
-- Argument: lease in ms
-- Answer: open, id and number of the log's top, 1 if the lease had run out, names of the nodes...
local lease = tonumber(ARGV[6])
local now = now_ms()
local meta = redis.call('HMGET', P .. 'meta', 'epoch', 'open', 'until')
local open = meta[2]
if meta[1] ~= EPOCH then return redis.error_reply('EPOCH the history is another one') end
if redis.call('HGET', P .. 'gens', NODE) ~= GENERATION then
  return redis.error_reply('STALE another connection speaks for this node')
end
local before = redis.call('ZSCORE', P .. 'leases', NODE)
redis.call('ZADD', P .. 'leases', digits(now + lease), NODE)
if open == '0' and (redis.call('SCARD', P .. 'awaited') == 0 or now >= tonumber(meta[3])) then
  open = '1'
  redis.call('HSET', P .. 'meta', 'open', '1')
end
local id, number = top()
return { open, id, number, (not before or tonumber(before) < now) and 1 or 0,
  unpack(redis.call('ZRANGEBYSCORE', P .. 'leases', digits(now), '+inf', 'LIMIT', 0, 200)) }
