-- reap: the names and people of a node that has ended go, up to 500 names a call.
-- Arguments: 1: this node itself; 0: one whose lease is over, if this node is the housekeeper or can
--   become it. The lease in ms
-- Answer: 1 if this node is the housekeeper, 1 if there is more to do. When a node is gone, an entry
--   "gone" of the log: its number, its name
local refused = fence(true)
if refused then return refused end

local NAMES_MAX = 500
local whom, lease = NODE, ARGV[FIRST + 1]
local is_housekeeper = 0

if ARGV[FIRST] == '0' then
  local keeper = redis.call('GET', P .. 'lock')
  if keeper and keeper ~= NODE then return { 0, 0 } end
  redis.call('SET', P .. 'lock', NODE, 'PX', lease)
  is_housekeeper = 1
  whom = redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', digits(now_ms()), 'LIMIT', 0, 1)[1]
  if not whom then return { 1, 0 } end
  -- If it comes back now, its hello finds that it has to write its people anew.
  redis.call('HDEL', P .. 'boots', whom)
end

local names = redis.call('SRANDMEMBER', P .. 'n:' .. whom, NAMES_MAX)
for _, key in ipairs(names) do
  local holder = read_holder(key)
  if holder then
    holder.nodes[whom] = nil
    write_holder(key, holder)
  end
end
if #names > 0 then redis.call('SREM', P .. 'n:' .. whom, unpack(names)) end
if #names == NAMES_MAX then return { is_housekeeper, 1 } end
tell('gone', part(redis.call('HGET', P .. 'nodeno', whom) or '0') .. part(whom))
redis.call('UNLINK', P .. 'p:' .. whom)
if whom == NODE then return { is_housekeeper, 0 } end
redis.call('ZREM', P .. 'leases', whom)
return { is_housekeeper, 1 }
