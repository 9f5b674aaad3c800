-- numbers: what is counted for all nodes together: guests, and the nodes themselves. A Redis that
-- has come back with less is told what was given out before.
-- Arguments: number of this node, or 0; the last number of a guest that it knows of; how many more
--   it wants
-- Answer: number of the node, from 1; the first number of a guest that it may use
local refused = fence(true)
if refused then return refused end

local known, last_guest, wanted = tonumber(ARGV[FIRST]), tonumber(ARGV[FIRST + 1]), tonumber(ARGV[FIRST + 2])
local NUMBERS, GUESTS = P .. 'nodeno', P .. 'guests'

local number = tonumber(redis.call('HGET', NUMBERS, NODE) or known)
if number == 0 then
  for _, other in ipairs(redis.call('HVALS', NUMBERS)) do number = math.max(number, tonumber(other)) end
  number = number + 1
end
redis.call('HSET', NUMBERS, NODE, number)

local last = math.max(tonumber(redis.call('GET', GUESTS) or 0), last_guest)
redis.call('SET', GUESTS, digits(last + wanted))
return { number, last + 1 }
