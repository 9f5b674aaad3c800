-- turn: what the people of a node have done, as one step. What comes of it is told in the log, the
-- answers to claims too: a granted name must not overtake what the log says of it.
-- Arguments: any number of acts:
--   claim KEY NAME TOKEN GRANT EMAIL            the name, once more; KEY '': the one that TOKEN had
--   release KEY                                 once less
--   here KEY NAME IS_GUEST SESSIONS TOKEN GRANT EMAIL   a person of this node, and its proofs
--   left KEY
--   enter KEY NAME ROOM VIA
--   leave KEY NAME ROOM VIA
--   rename KEY NAME OLD_KEY OLD_NAME            the person of that name, on all nodes
--   silent NUMBER, order TEXT                   are only told
-- A proof is a hash, or ''. What is said of a person that this node does not have, because others
-- have renamed it meanwhile, is not done and not told.
-- Answer: 1. An entry "people" of the log: number of the node; answers to the claims, two parts each:
--   "free", the proof that was equal ("token", "grant", "email"), "taken" or "none", and the name;
--   then each act that is told, as the part with its word and those with its arguments.
local refused = fence(true)
if refused then return refused end

local PEOPLE = P .. 'p:' .. NODE

local function prove(holder, token, grant, email)
  holder.token = holder.token or (token ~= '' and token or nil)
  holder.grant = holder.grant or (grant ~= '' and grant or nil)
  holder.email = holder.email or (email ~= '' and email or nil)
end

local function count(key, holder, node, times)
  holder.nodes[node] = times > 0 and times or nil
  redis.call(times > 0 and 'SADD' or 'SREM', P .. 'n:' .. node, key)
end

local function read_person(people, key)
  local text = redis.call('HGET', people, key)
  return text and cmsgpack.unpack(text)
end

local function write_person(people, key, person)
  redis.call('HSET', people, key, cmsgpack.pack(person))
end

-- Merge what a node says of a person into what it says of the same one under another name.
local function move_person(people, key, name, old_key)
  local person = read_person(people, old_key)
  if not person then return end
  if key ~= old_key then
    local other = read_person(people, key)
    if other then
      person.sessions = digits(person.sessions + other.sessions)
      for room, via in pairs(other.rooms) do person.rooms[room] = person.rooms[room] or via end
    end
    redis.call('HDEL', people, old_key)
  end
  person.name = name
  write_person(people, key, person)
end

local answers = {}
local function answer(how, name) answers[#answers + 1] = part(how) .. part(name) end

-- Each returns true if the others are told.
local acts = {}

function acts.claim(key, name, token, grant, email)
  if key == '' then
    local had = token ~= '' and redis.call('GET', P .. 'sess:' .. token)
    if not had then return answer('none', '') end
    key, name = string.match(had, '^([^\n]*)\n(.*)$')
  end
  local holder, how = read_holder(key), 'free'
  if holder then
    how = holder.token == token and 'token' or holder.grant == grant and 'grant' or
      holder.email == email and 'email'
    if not how then return answer('taken', name) end
  else
    holder = { name = name, nodes = {} }
    prove(holder, token, grant, email)
  end
  count(key, holder, NODE, (holder.nodes[NODE] or 0) + 1)
  write_holder(key, holder)
  return answer(how, name)
end

function acts.release(key)
  local holder = read_holder(key)
  if holder and holder.nodes[NODE] then
    count(key, holder, NODE, holder.nodes[NODE] - 1)
    write_holder(key, holder)
  end
end

function acts.here(key, name, is_guest, sessions, token, grant, email)
  if is_guest ~= '1' then
    local holder = read_holder(key)
    if not holder or not holder.nodes[NODE] then return false end
    holder.name = name
    prove(holder, token, grant, email)
    write_holder(key, holder)
  end
  local person = read_person(PEOPLE, key) or { rooms = {} }
  local is_new = person.sessions ~= sessions or person.token ~= token or person.grant ~= grant or
    person.email ~= email or person.name ~= name
  if is_new then
    person.name, person.sessions = name, sessions
    person.token, person.grant, person.email = token, grant, email
    write_person(PEOPLE, key, person)
  end
  return is_new
end

function acts.left(key) return redis.call('HDEL', PEOPLE, key) == 1 end

local function move(key, room, via)
  local person = read_person(PEOPLE, key)
  if not person or person.rooms[room] == via then return false end
  person.rooms[room] = via
  write_person(PEOPLE, key, person)
  return true
end

function acts.enter(key, name, room, via) return move(key, room, via) end

function acts.leave(key, name, room) return move(key, room, nil) end

function acts.rename(key, name, old_key)
  local to, from = read_holder(key), read_holder(old_key)
  if not to or not to.nodes[NODE] or (from and not from.nodes[NODE]) then return false end
  local is_told = from or redis.call('HEXISTS', PEOPLE, old_key) == 1
  local nodes = from and from.nodes or { [NODE] = 1 }
  to.name = name
  for node in pairs(nodes) do move_person(P .. 'p:' .. node, key, name, old_key) end
  if from and key ~= old_key then
    for node in pairs(nodes) do
      if node ~= NODE then count(key, to, node, (to.nodes[node] or 0) + 1) end
      redis.call('SREM', P .. 'n:' .. node, old_key)
    end
    prove(to, from.token or '', from.grant or '', from.email or '')
    redis.call('HDEL', P .. 'names', old_key)
  end
  write_holder(key, to)
  return is_told
end

function acts.silent() return true end

function acts.order() return true end

local counts = { claim = 5, release = 1, here = 7, left = 2, enter = 4, leave = 4, rename = 4, silent = 1, order = 1 }
local told, at = {}, FIRST
-- If the memory is full, this fails, and nothing was done.
local number = redis.call('HGET', P .. 'nodeno', NODE)
redis.call('HSET', P .. 'nodeno', NODE, number)
while ARGV[at] do
  local last = at + counts[ARGV[at]]
  if acts[ARGV[at]](unpack(ARGV, at + 1, last)) then
    for i = at, last do told[#told + 1] = part(ARGV[i]) end
  end
  at = last + 1
end
tell('people', part(number) .. part(table.concat(answers)) .. table.concat(told))
return 1
