-- What a counter stands at: see `Store::count`. KEYS: the counter. ARGV: time or '', window, sub-window.
local now = now_of(ARGV[1])
local value = redis.call('GET', KEYS[1])
local sum = 0
if value then
  local counter = cmsgpack.unpack(value)
  for place = 3, #counter, 2 do
    if counter[place] + ARGV[3] + ARGV[2] > now then
      sum = sum + counter[place + 1]
    end
  end
end
return sum
