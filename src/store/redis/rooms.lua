-- What the scripts of the store share. A room has these keys: m:ROOM, its messages by id; c:ROOM, its
-- changes by id; k:ROOM, the ids of keys; st:ROOM, its state; xi:ROOM, ids of messages with
-- reactions, and x:ROOM:ID, the reactions of one. The field ROOM of the hash rooms says how far
-- they go. An entry is a list of parts: keys, one a line; target; time; revision; kind; type;
-- author; emoji; words; tail (redis_pack.h).
local HASHES = { m = P .. 'm:', c = P .. 'c:' }

-- A room: last id, last id of a deleted room, last id that was lost, time of the newest entry, and
-- lower bounds of the ids in m and c. nil: it has no history.
local function load_room(name)
  local text = redis.call('HGET', P .. 'rooms', name)
  if not text then return nil end
  local last, gone, lost, ts, m, c = string.match(text, '^(%d+) (%d+) (%d+) (%-?%d+) (%d+) (%d+)$')
  return { name = name, last = tonumber(last), gone = tonumber(gone), lost = tonumber(lost),
    ts = tonumber(ts), m = tonumber(m), c = tonumber(c) }
end

local function new_room(name) return { name = name, last = 0, gone = 0, lost = 0, ts = 0, m = 1, c = 1 } end

local function save_room(room)
  redis.call('HSET', P .. 'rooms', room.name, string.format('%.0f %.0f %.0f %.0f %.0f %.0f',
    room.last, room.gone, room.lost, room.ts, room.m, room.c))
end

-- The entry with that id: its text and the letter of its hash.
local function find_entry(room, id)
  for letter, prefix in pairs(HASHES) do
    local entry = redis.call('HGET', prefix .. room.name, id)
    if entry then return entry, letter end
  end
  return nil
end

-- The part of an entry with that number, from 1.
local function part_of(entry, number)
  local bytes, at = nil, 1
  for _ = 1, number do bytes, at = next_part(entry, at) end
  return bytes
end

-- An entry that has one of keys, one a line: "ID TIME", or nil. keep: how many messages the room keeps.
local function find_known(room, keys, keep)
  for key in string.gmatch(keys, '[^\n]+') do
    local id = redis.call('HGET', P .. 'k:' .. room.name, key)
    local number = tonumber(id or 'x')
    if number and number > room.gone then
      local entry = find_entry(room, id)
      return id .. ' ' .. (entry and part_of(entry, 3) or '0')
    elseif number and (keep == 0 or room.last - number + 1 <= keep) then
      return id .. ' 0'
    end
  end
  return nil
end

local function add_keys(room, keys, id)
  for key in string.gmatch(keys, '[^\n]+') do redis.call('HSET', P .. 'k:' .. room.name, key, id) end
end

-- The first entry of a hash with from <= id <= last, and its id.
local function first_entry(hash, from, last)
  local size = 1
  while from <= last do
    local ids = {}
    for id = from, math.min(from + size - 1, last) do ids[#ids + 1] = digits(id) end
    for i, entry in ipairs(redis.call('HMGET', hash, unpack(ids))) do
      if entry then return entry, from + i - 1 end
    end
    from = from + #ids
    size = math.min(2 * size, 64)
  end
  return nil
end

local function drop_reactions(room, id)
  if redis.call('SREM', P .. 'xi:' .. room.name, digits(id)) == 1 then
    redis.call('UNLINK', P .. 'x:' .. room.name .. ':' .. digits(id))
  end
end

local function drop_entry(room, hash, id, entry)
  for key in string.gmatch(part_of(entry, 1), '[^\n]+') do
    if redis.call('HGET', P .. 'k:' .. room.name, key) == digits(id) then
      redis.call('HDEL', P .. 'k:' .. room.name, key)
    end
  end
  redis.call('HDEL', hash, digits(id))
  room.lost = math.max(room.lost, id)
end

local function drop_change(room, up_to)
  local hash = HASHES.c .. room.name
  local entry, id = first_entry(hash, room.c, up_to)
  room.c = math.max(room.c, (id or up_to) + 1)
  if entry then drop_entry(room, hash, id, entry) end
  return entry
end

-- Drop the oldest message, and the changes before what is lost.
local function drop_message(room)
  local hash = HASHES.m .. room.name
  local entry, id = first_entry(hash, room.m, room.last)
  room.m = (id or room.last) + 1
  if not entry then return end
  drop_entry(room, hash, id, entry)
  drop_reactions(room, id)
  while drop_change(room, room.lost - 1) do end
end

local function is_older(hash, from, last, cutoff)
  local entry = first_entry(hash, from, last)
  return entry and tonumber(part_of(entry, 3)) < cutoff
end

-- Drop up to budget entries: those over keep (0: keep all), and those before cutoff (nil: none).
-- Returns true if there may be more.
local function thin_room(room, keep, cutoff, budget)
  local messages = redis.call('HLEN', HASHES.m .. room.name)
  local changes = keep > 0 and redis.call('HLEN', HASHES.c .. room.name) or 0
  for _ = 1, budget do
    if keep > 0 and messages > keep then
      drop_message(room)
      messages = messages - 1
      changes = redis.call('HLEN', HASHES.c .. room.name)
    elseif keep > 0 and changes > keep then
      drop_change(room, room.last)
      changes = changes - 1
    elseif cutoff and is_older(HASHES.m .. room.name, room.m, room.last, cutoff) then
      drop_message(room)
      messages = messages - 1
    elseif cutoff and is_older(HASHES.c .. room.name, room.c, room.last, cutoff) then
      drop_change(room, room.last)
    else
      return false
    end
  end
  return true
end

-- The state has a value: parts of the id that set it first, the id that set it last, version, value.
local function version_of(room, key)
  local value = redis.call('HGET', P .. 'st:' .. room.name, key)
  return value and part_of(value, 3) or '0'
end

local function set_state(room, key, id, version, value)
  local before = redis.call('HGET', P .. 'st:' .. room.name, key)
  local first = before and part_of(before, 1) or digits(id)
  redis.call('HSET', P .. 'st:' .. room.name, key, part(first) .. part(digits(id)) .. part(version) .. part(value))
end
