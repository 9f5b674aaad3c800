-- names: who has which names. A holder has the name as it is shown, the proofs, and how often each
-- node has it. n:NODE has the keys of a node's names. It is in front of turn and reap.
local SESSION_S = 86400

local function read_holder(key)
  local text = redis.call('HGET', P .. 'names', key)
  return text and cmsgpack.unpack(text)
end

local function write_holder(key, holder)
  local session = holder.token and P .. 'sess:' .. holder.token
  local had = key .. '\n' .. holder.name
  if next(holder.nodes) then
    redis.call('HSET', P .. 'names', key, cmsgpack.pack(holder))
    if session then redis.call('SET', session, had) end
  else
    redis.call('HDEL', P .. 'names', key)
    -- The token may have another name by now.
    if session and redis.call('GET', session) == had then redis.call('EXPIRE', session, SESSION_S) end
  end
end
