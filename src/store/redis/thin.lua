-- thin: deletes what a room does not keep, a part of it.
-- Arguments: room, how many messages it keeps (0: all), time before which they go ('': none does)
-- Answer: 1 if there may be more
local refused = fence(true)
if refused then return refused end
local room = load_room(ARGV[FIRST])
if not room then return 0 end
local keep = tonumber(ARGV[FIRST + 1])
local has_more = thin_room(room, keep, tonumber(ARGV[FIRST + 2]), 500)
save_room(room)
-- Keys of a deleted room stay as long as its messages would have.
if not has_more and keep > 0 and room.gone > 0 then
  local hash, cursor = P .. 'k:' .. room.name, '0'
  for _ = 1, 20 do
    local found = redis.call('HSCAN', hash, cursor, 'COUNT', 500)
    for i = 1, #found[2], 2 do
      local id = tonumber(found[2][i + 1])
      if id <= room.gone and room.last - id + 1 > keep then redis.call('HDEL', hash, found[2][i]) end
    end
    cursor = found[1]
    if cursor == '0' then break end
  end
end
return has_more and 1 or 0
