-- append: stores entries of one node, in their order, and tells all nodes of them with one entry of
-- the log. What becomes of each is in that entry, so that the node learns it from there.
-- Arguments: number of the batch, then of each entry: room, how many messages the room keeps, the
--   entry, what the log says besides, key of a state ('': none), version that it must have ('*': any),
--   version of the new value ('': remove it), value
-- Answer: the id of the log's entry. Its data: parts of the number and, of each entry, the room and
--   what has become of it: its id, then the entry and what is said besides; or "-ID TIME", known as
--   that; or "!", the state has another version
local refused = fence(true)
if refused then return refused end
local rooms, said = {}, { part(ARGV[FIRST]) }

for at = FIRST + 1, #ARGV, 8 do
  local name, keep, entry, besides, key, expected, version, value = unpack(ARGV, at, at + 7)
  local room = rooms[name] or load_room(name) or new_room(name)
  local keys = part_of(entry, 1)
  local known = find_known(room, keys, tonumber(keep))
  said[#said + 1] = part(name)
  if known then
    said[#said + 1] = part('-' .. known)
  elseif key ~= '' and expected ~= '*' and version_of(room, key) ~= expected then
    said[#said + 1] = part('!')
  else
    local id = room.last + 1
    -- First what can fail, if memory is out, so that nothing is half done.
    redis.call('HSET', HASHES.m .. name, digits(id), entry)
    room.last, room.ts, room.keep = id, math.max(room.ts, tonumber(part_of(entry, 3))), tonumber(keep)
    rooms[name] = room
    add_keys(room, keys, digits(id))
    if key ~= '' and version ~= '' then
      set_state(room, key, id, version, value)
    elseif key ~= '' then
      redis.call('HDEL', P .. 'st:' .. name, key)
    end
    said[#said + 1] = part(digits(id)) .. part(entry) .. part(besides)
  end
end
for _, room in pairs(rooms) do
  thin_room(room, room.keep, nil, 256)
  save_room(room)
end
return tell('batch', table.concat(said))
