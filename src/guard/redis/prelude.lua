-- What the scripts share. Times are milliseconds; `given` is the time that a test gives, else Redis' own counts.
local function now_of(given)
  if given ~= '' then
    return tonumber(given)
  end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Adds an amount to a counter, in its place.
local function add(counter, start, amount)
  local place = #counter + 1
  while place > 3 and counter[place - 2] >= start do
    place = place - 2
  end
  if counter[place] == start then
    counter[place + 1] = counter[place + 1] + amount
  else
    table.insert(counter, place, start)
    table.insert(counter, place + 1, amount)
  end
end
