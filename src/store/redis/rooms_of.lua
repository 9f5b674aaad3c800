-- rooms_of: a part of all rooms with their state, for a node's picture.
-- Argument: cursor, '0' at first
-- Answer: cursor ('0' at the end), rooms: name, last id, last deleted id, time of the newest entry,
--   state (keys and values)
local refused = fence(false)
if refused then return refused end
local found = redis.call('HSCAN', P .. 'rooms', ARGV[FIRST], 'COUNT', 100)
local answer = {}
for i = 1, #found[2], 2 do
  local room = load_room(found[2][i])
  answer[#answer + 1] = room.name
  answer[#answer + 1] = digits(room.last)
  answer[#answer + 1] = digits(room.gone)
  answer[#answer + 1] = digits(room.ts)
  answer[#answer + 1] = redis.call('HGETALL', P .. 'st:' .. room.name)
end
return { found[1], answer }
