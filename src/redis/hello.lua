-- hello: a node's connection introduces itself. EPOCH is the epoch that the node knows ('': none),
-- GENERATION the last one that it had (0: none). It decides whether the history has lost something
-- that the node has seen, and holds the roll call after a restart of Redis.
-- Arguments: id and number of the last entry seen, boot, lease in ms, Redis's run, the run seen last,
--   a fresh epoch, 1 if Redis writes an AOF, what the nodes agree on, names of other nodes...
-- Answer: epoch, generation, open, id and number of the log's top, 1 if another boot was known,
--   why the epoch is another one ('' if it is not), how many nodes are awaited
local position, count, boot, lease, run, seen_run, fresh, aof, layout =
  ARGV[6], tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9]), ARGV[10], ARGV[11], ARGV[12], ARGV[13], ARGV[14]
local META, LEASES, AWAITED, REPORTED = P .. 'meta', P .. 'leases', P .. 'awaited', P .. 'reported'
local now = now_ms()
local meta = redis.call('HMGET', META, 'epoch', 'run', 'open', 'until', 'clean', 'layout')
local epoch, known_run, open, till, clean, known_layout =
  meta[1], meta[2], meta[3], tonumber(meta[4] or '0'), meta[5], meta[6]
local known_boot = redis.call('HGET', P .. 'boots', NODE)
local why = ''

local function is_before(a, b)
  local a_ms, a_n = string.match(a, '(%d+)-(%d+)')
  local b_ms, b_n = string.match(b, '(%d+)-(%d+)')
  a_ms, a_n, b_ms, b_n = tonumber(a_ms), tonumber(a_n), tonumber(b_ms), tonumber(b_n)
  return a_ms < b_ms or (a_ms == b_ms and a_n < b_n)
end

-- True if the log lacks something that the node has seen.
local function is_lost()
  if EPOCH ~= epoch or position == '0-0' then return false end
  local first = redis.call('XRANGE', P .. 'log', '-', '+', 'COUNT', 1)[1]
  if not first or is_before(top(), position) then return true end
  if is_before(position, first[1]) then
    return tonumber(first[2][6]) <= count or run ~= seen_run
  end
  local entry = redis.call('XRANGE', P .. 'log', position, position)[1]
  return not entry or tonumber(entry[2][6]) ~= count
end

if GENERATION ~= '0' and run == seen_run and known_boot and known_boot ~= boot then
  return redis.error_reply('TAKEN another process has the name of this node')
end
if epoch and known_layout ~= layout then
  for _, node in ipairs(redis.call('ZRANGEBYSCORE', LEASES, digits(now), '+inf')) do
    if node ~= NODE then
      return redis.error_reply('LAYOUT node ' .. node .. ' has other settings: ' .. known_layout)
    end
  end
end

if not epoch then
  why = 'empty'
elseif run ~= known_run then
  redis.call('DEL', AWAITED, REPORTED)
  open, till = '0', now + lease
  if EPOCH == '' and aof == '0' and not clean then why = 'unclean' end
end
if why == '' and is_lost() then why = 'rollback' end
if why ~= '' then
  -- Nobody knows more of a fresh epoch than Redis: there is nothing to wait for.
  epoch, open = fresh, '1'
end
redis.call('HSET', META, 'epoch', epoch, 'run', run, 'open', open, 'until', digits(till), 'layout', layout)
redis.call('HDEL', META, 'clean')
if open == '0' then
  redis.call('SADD', REPORTED, NODE)
  local known = redis.call('ZRANGE', LEASES, 0, -1)
  for i = 15, #ARGV do known[#known + 1] = ARGV[i] end
  for _, node in ipairs(known) do
    if redis.call('SISMEMBER', REPORTED, node) == 0 then redis.call('SADD', AWAITED, node) end
  end
  redis.call('SREM', AWAITED, NODE)
end
local awaited = redis.call('SCARD', AWAITED)
if open == '0' and (awaited == 0 or now >= till) then
  open = '1'
  redis.call('HSET', META, 'open', '1')
end
GENERATION = digits(redis.call('HINCRBY', P .. 'gens', NODE, 1))
redis.call('HSET', P .. 'boots', NODE, boot)
redis.call('ZADD', LEASES, digits(now + lease), NODE)
if why ~= '' then tell('epoch', epoch) end
local id, number = top()
return { epoch, GENERATION, open, id, number, known_boot ~= boot and 1 or 0, why, awaited }
