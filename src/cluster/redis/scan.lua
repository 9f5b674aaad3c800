-- scan: a part of the people of the other nodes, for a picture.
-- Arguments: a node and a cursor that an earlier call has answered; '' and '0' at first; at most how
--   many people about
-- Answer: the node and the cursor for the next call, '' if there is nothing more; then the number of
--   the node whose people follow, and of each its parts: key, name, sessions, token, grant and email,
--   and two for each room, its name and the door
local refused = fence(false)
if refused then return refused end

local whom, cursor = ARGV[FIRST], ARGV[FIRST + 1]
local nodes = redis.call('ZRANGE', P .. 'leases', 0, -1)
table.sort(nodes)
local function after(node)
  for _, other in ipairs(nodes) do
    if other > node and other ~= NODE then return other end
  end
  return ''
end

if whom == '' then whom = after('') end
if whom == '' then return { '', '0', '0' } end
local found = redis.call('HSCAN', P .. 'p:' .. whom, cursor, 'COUNT', ARGV[FIRST + 2])
local answer = { found[1] == '0' and after(whom) or whom, found[1],
  redis.call('HGET', P .. 'nodeno', whom) or '0' }
for i = 1, #found[2], 2 do
  local person = cmsgpack.unpack(found[2][i + 1])
  local parts = { part(found[2][i]), part(person.name), part(person.sessions), part(person.token),
    part(person.grant), part(person.email) }
  for room, via in pairs(person.rooms) do
    parts[#parts + 1] = part(room)
    parts[#parts + 1] = part(via)
  end
  answer[#answer + 1] = table.concat(parts)
end
return answer
