-- amend: stores a change that a node has computed from what look has shown, unless somebody was
-- faster.
-- Arguments: number of the batch, room, how many messages it keeps, the change as an entry, what the
--   log says besides, 1 if the entry is stored, 1 to delete the whole room; then, each with how many
--   there are in front: entries that are replaced (letter, id, revision that it must have, entry, 1 if
--   its reactions go); reactions (id, field, what is behind the id of the change in its value; '':
--   remove it); values of the state (key, value that it must have, new value)
-- Answer: '' if somebody was faster; else as append, with "0 ID" if the change is not stored: the room
--   was deleted up to that id
local refused = fence(true)
if refused then return refused end
local number, name, keep, entry, besides, is_stored, is_whole = unpack(ARGV, FIRST, FIRST + 6)
local room = load_room(name)
local at = FIRST + 7

-- Reads a list of so many columns.
local function read_list(columns)
  local list = {}
  for _ = 1, tonumber(ARGV[at]) do
    list[#list + 1] = { unpack(ARGV, at + 1, at + columns) }
    at = at + columns
  end
  at = at + 1
  return list
end

local replaced, reactions, values = read_list(5), read_list(3), read_list(3)
if not room then return '' end
local keys = part_of(entry, 1)
local known = find_known(room, keys, tonumber(keep))
if known then return tell('batch', part(number) .. part(name) .. part('-' .. known)) end
for _, row in ipairs(replaced) do
  local now = redis.call('HGET', HASHES[row[1]] .. name, row[2])
  if not now or part_of(now, 4) ~= row[3] then return '' end
end
for _, row in ipairs(values) do
  if redis.call('HGET', P .. 'st:' .. name, row[1]) ~= row[2] then return '' end
end

local result = '0 ' .. digits(room.last)
if is_whole == '1' then
  for _, id in ipairs(redis.call('SMEMBERS', P .. 'xi:' .. name)) do
    redis.call('UNLINK', P .. 'x:' .. name .. ':' .. id)
  end
  redis.call('UNLINK', HASHES.m .. name, HASHES.c .. name, P .. 'xi:' .. name, P .. 'st:' .. name)
  room.gone, room.lost, room.m, room.c = room.last, room.last + 1, room.last + 1, room.last + 1
end
if is_stored == '1' then
  local id = room.last + 1
  result = digits(id)
  redis.call('HSET', HASHES.c .. name, result, entry)
  room.last, room.ts = id, math.max(room.ts, tonumber(part_of(entry, 3)))
  add_keys(room, keys, result)
end
for _, row in ipairs(replaced) do
  redis.call('HSET', HASHES[row[1]] .. name, row[2], row[4])
  if row[5] == '1' then drop_reactions(room, tonumber(row[2])) end
end
for _, row in ipairs(reactions) do
  local hash = P .. 'x:' .. name .. ':' .. row[1]
  if row[3] == '' then
    redis.call('HDEL', hash, row[2])
  else
    redis.call('HSET', hash, row[2], part(result) .. row[3])
    redis.call('SADD', P .. 'xi:' .. name, row[1])
  end
end
for _, row in ipairs(values) do redis.call('HSET', P .. 'st:' .. name, row[1], row[3]) end
thin_room(room, tonumber(keep), nil, 256)
save_room(room)
return tell('batch', part(number) .. part(name) .. part(result) .. part(entry) .. part(besides))
