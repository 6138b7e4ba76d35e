-- Says what charges come to from now on: see `Store::adjust`. KEYS: the charge. ARGV: time or '', then pairs of the
-- place in the list and the amount. Gives 1 if the charge is known.
local now = now_of(ARGV[1])
local value = redis.call('GET', KEYS[1])
if not value then
  return 0
end
local known = cmsgpack.unpack(value)
if known[1] <= now then
  return 0
end
local places = known[6]
for argument = 2, #ARGV, 2 do
  local place, amount = tonumber(ARGV[argument]) * 6, tonumber(ARGV[argument + 1])
  local key, start, before, generation = places[place + 1], places[place + 2], places[place + 3], places[place + 4]
  if key and start + places[place + 5] + places[place + 6] > now and before ~= amount then
    local counter = redis.call('GET', key)
    counter = counter and cmsgpack.unpack(counter)
    if counter and counter[1] == generation then
      if amount > before then
        add(counter, start, amount - before)
      else
        for entry = 3, #counter, 2 do
          if counter[entry] == start then
            counter[entry + 1] = counter[entry + 1] - math.min(before - amount, counter[entry + 1])
            if counter[entry + 1] == 0 then
              table.remove(counter, entry)
              table.remove(counter, entry)
            end
            break
          end
        end
      end
      redis.call('SET', key, cmsgpack.pack(counter), 'KEEPTTL')
      places[place + 3] = amount
    end
  end
end
redis.call('SET', KEYS[1], cmsgpack.pack(known), 'KEEPTTL')
return 1
