-- top: the newest entry of the log.
local refused = fence(false)
if refused then return refused end
local id = top()
return id
