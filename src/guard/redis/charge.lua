-- Charges all counters or none: see `Store::charge`.
-- KEYS: the charge, then counters. ARGV: time or '', margin, whether caps are kept, and nine for each charge: the places
-- of its counter and of the other one among KEYS (0 for none), amount, window, sub-window, kind of cap (0 none, 1 fixed,
-- 2 share), cap or floor, percent, the place of the other charge.
-- A counter is {generation, latest sub-window, start, amount, start, amount, …}, in order of time.
local now = now_of(ARGV[1])
local values = redis.call('MGET', unpack(KEYS))

if values[1] then
  local known = cmsgpack.unpack(values[1])
  if known[1] > now then
    return {known[2], known[3], known[4], known[5]}
  end
end

local counters = {}
for place = 2, #KEYS do
  counters[place] = values[place] and cmsgpack.unpack(values[place])
end

local charges = {}
for position = 0, (#ARGV - 3) / 9 - 1 do
  local charge = {}
  for field = 1, 9 do
    charge[field] = tonumber(ARGV[3 + position * 9 + field])
  end
  charges[position] = charge
end

local function counted(counter, length, sub)
  local sum = 0
  if counter then
    for place = 3, #counter, 2 do
      if counter[place] + sub + length > now then
        sum = sum + counter[place + 1]
      end
    end
  end
  return sum
end

local function total(charge)
  return counted(counters[charge[1]], charge[4], charge[5]) + counted(counters[charge[2]], charge[4], charge[5])
end

local function wait(charge, room)
  local ends, left = {}, 0
  for which = 1, 2 do
    local counter = counters[charge[which]]
    if counter then
      for place = 3, #counter, 2 do
        local over = counter[place] + charge[5] + charge[4]
        if over > now then
          ends[#ends + 1] = {over, counter[place + 1]}
          left = left + counter[place + 1]
        end
      end
    end
  end
  table.sort(ends, function(one, other) return one[1] < other[1] end)
  for _, entry in ipairs(ends) do
    left = left - entry[2]
    if left <= room then
      return entry[1] - now
    end
  end
  return -1
end

local decision, excess, retry = 0, -1, -1
for position = 0, #charges do
  local charge = charges[position]
  if charge and charge[3] > 0 and charge[6] > 0 then
    local allowed = charge[7]
    if charge[6] == 2 then
      allowed = math.max(allowed, math.floor(total(charges[charge[9]]) * charge[8] / 100))
    end
    if total(charge) + charge[3] > allowed then
      excess = position
      if charge[3] <= allowed then
        retry = wait(charge, allowed - charge[3])
      end
      if ARGV[3] == '1' then
        return {2, excess, retry, now}
      end
      decision = 1
      break
    end
  end
end

local over = now
local places = {}
for position = 0, #charges do
  local charge = charges[position]
  if charge then
    local length, sub = charge[4], charge[5]
    local counter = counters[charge[1]] or {KEYS[1], 0}
    local kept = {counter[1], math.max(counter[2], now - now % sub)}
    for place = 3, #counter, 2 do
      if counter[place] + sub + length > now then
        kept[#kept + 1] = counter[place]
        kept[#kept + 1] = counter[place + 1]
      end
    end
    local start = kept[2]
    if charge[3] > 0 then
      add(kept, start, charge[3])
    end
    redis.call('SET', KEYS[charge[1]], cmsgpack.pack(kept), 'PX', start + sub + length - now + tonumber(ARGV[2]))
    over = math.max(over, start + sub + length)
    for _, field in ipairs({KEYS[charge[1]], start, charge[3], kept[1], length, sub}) do
      places[#places + 1] = field
    end
  end
end
redis.call('SET', KEYS[1], cmsgpack.pack({over, decision, excess, retry, now, places}), 'PX', over - now + tonumber(ARGV[2]))
return {decision, excess, retry, now}
