-- look: what a node needs to compute an edit, a deletion or a reaction.
-- Arguments: room, how many messages it keeps, keys of the change, the reaction ('': none), 1 if all
--   reactions are wanted, 1 if the state is wanted, ids of the targets...
-- Answer: an entry that is known by one of the keys ("ID TIME" or ''), 1 if the room has a history,
--   the state (keys and values), then of each target: the letter of its hash ('': it is gone), the
--   entry, reactions (fields and values)
local refused = fence(false)
if refused then return refused end
local name, keep, keys, reaction, wants_all, wants_state = unpack(ARGV, FIRST, FIRST + 5)
local room = load_room(name)
if not room then return { '', 0, {} } end
local answer = { find_known(room, keys, tonumber(keep)) or '', 1, {} }
if wants_state == '1' then answer[3] = redis.call('HGETALL', P .. 'st:' .. name) end
for i = FIRST + 6, #ARGV do
  local entry, letter = find_entry(room, ARGV[i])
  local hash, reactions = P .. 'x:' .. name .. ':' .. ARGV[i], {}
  if wants_all == '1' then
    reactions = redis.call('HGETALL', hash)
  elseif reaction ~= '' then
    local value = redis.call('HGET', hash, reaction)
    if value then reactions = { reaction, value } end
  end
  answer[#answer + 1] = letter or ''
  answer[#answer + 1] = entry or ''
  answer[#answer + 1] = reactions
end
return answer
