-- The time in ms by the clock of Redis, as the clocks of hosts differ.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
