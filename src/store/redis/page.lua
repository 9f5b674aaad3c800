-- page: entries of a room between two ids.
-- Arguments: room, kind ("entries", oldest first; "newer", "before": messages, oldest or newest first),
--   low, high (low < id < high), how many at most, after how many bytes it stops, a folded name ('')
-- Answer: first id from which no entry is missing, last id, id to go on from (low or high of the next
--   call; '' at the end), entries: id, entry, 1 if the name has reacted to it; targets of changes: id, entry
local refused = fence(false)
if refused then return refused end
local name, kind, low, high, limit, max_bytes, reactor = unpack(ARGV, FIRST, FIRST + 6)
low, high, limit, max_bytes = tonumber(low), tonumber(high), tonumber(limit), tonumber(max_bytes)
local room = load_room(name)
if not room then return { '1', '0', '', {}, {} } end
local BLOCK, BLOCKS = 64, 64
local entries, targets, known, bytes = {}, {}, {}, 0

local function has_reacted(id)
  if reactor == '' or redis.call('SISMEMBER', P .. 'xi:' .. name, id) == 0 then return '0' end
  for _, field in ipairs(redis.call('HKEYS', P .. 'x:' .. name .. ':' .. id)) do
    if string.sub(field, string.find(field, '\n', 1, true) + 1) == reactor then return '1' end
  end
  return '0'
end

local function add_target(entry)
  local target = part_of(entry, 2)
  if target == '' or known[target] then return end
  known[target] = true
  local found = redis.call('HGET', HASHES.m .. name, target)
  if not found then return end
  targets[#targets + 1] = target
  targets[#targets + 1] = found
  bytes = bytes + #found
end

-- Adds the entry with that id, if there is one. Returns false if the page is full.
local function add(id, entry)
  if not entry then return true end
  if #entries >= 3 * limit or (#entries > 0 and bytes >= max_bytes) then return false end
  entries[#entries + 1] = id
  entries[#entries + 1] = entry
  entries[#entries + 1] = has_reacted(id)
  bytes = bytes + #entry
  add_target(entry)
  return true
end

local first, last = math.max(low + 1, math.min(room.m, room.c)), math.min(high - 1, room.last)
local backwards = kind == 'before'
local next_id = ''
for _ = 1, BLOCKS do
  if first > last then break end
  local from = backwards and math.max(first, last - BLOCK + 1) or first
  local ids = {}
  for id = from, math.min(from + BLOCK - 1, last) do ids[#ids + 1] = digits(id) end
  local messages = redis.call('HMGET', HASHES.m .. name, unpack(ids))
  local changes = kind == 'entries' and redis.call('HMGET', HASHES.c .. name, unpack(ids)) or {}
  for i = 1, #ids do
    local n = backwards and #ids + 1 - i or i
    if not add(ids[n], messages[n] or changes[n]) then
      next_id = digits(tonumber(ids[n]) + (backwards and 1 or -1))
      break
    end
  end
  if next_id ~= '' then break end
  if backwards then last = from - 1 else first = from + #ids end
end
if next_id == '' and first <= last then next_id = digits(backwards and last + 1 or first - 1) end
return { digits(room.lost + 1), digits(room.last), next_id, entries, targets }
