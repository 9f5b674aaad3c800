-- What all scripts share; it is in front of each of them. The first arguments are: prefix of
-- the keys, epoch, node, generation, how long the log remembers (ms). Others begin at FIRST.
local P, EPOCH, NODE, GENERATION, LOG_MS = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local FIRST = 6

local function digits(number) return string.format('%.0f', number) end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Returns an error reply if the script must not go on, otherwise nil. writes: it changes something.
local function fence(writes)
  local meta = redis.call('HMGET', P .. 'meta', 'epoch', 'open')
  if meta[1] ~= EPOCH then return redis.error_reply('EPOCH the history is another one') end
  if not writes then return nil end
  if redis.call('HGET', P .. 'gens', NODE) ~= GENERATION then
    return redis.error_reply('STALE another connection speaks for this node')
  end
  if meta[2] ~= '1' then return redis.error_reply('CLOSED the roll call is not over') end
  return nil
end

-- A part of a text: its length, ":" and its bytes.
local function part(bytes) return #bytes .. ':' .. bytes end

-- The part that begins at position at, and the position behind it.
local function next_part(text, at)
  local colon = string.find(text, ':', at, true)
  local behind = colon + 1 + tonumber(string.sub(text, at, colon - 1))
  return string.sub(text, colon + 1, behind - 1), behind
end

-- Append an entry to the log. Its number q is one more than that of the entry before.
local function tell(kind, data)
  local count = redis.call('HINCRBY', P .. 'meta', 'entries', 1)
  return redis.call('XADD', P .. 'log', 'MINID', '~', digits(now_ms() - LOG_MS), '*',
    'n', NODE, 'g', GENERATION, 'q', count, 't', kind, 'd', data)
end

-- The newest entry of the log and its number.
local function top()
  local last = redis.call('XREVRANGE', P .. 'log', '+', '-', 'COUNT', 1)[1]
  if not last then return '0-0', '0' end
  return last[1], last[2][6]
end
