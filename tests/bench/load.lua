-- wrk's side of the bench.  BENCH_PATH is the path; a %d in it becomes the
-- number of one of BENCH_DEVICES devices at random.  BENCH_CLOSE asks for a
-- new connection each time.  Ends with one line for bench.py.

local path = os.getenv("BENCH_PATH")
local devices = tonumber(os.getenv("BENCH_DEVICES"))

function init(args)
	math.randomseed(tonumber(os.getenv("BENCH_SEED")))
	if os.getenv("BENCH_CLOSE") == "1" then
		wrk.headers["Connection"] = "close"
	end
	fixed = wrk.format("GET", path)
end

if devices > 0 then
	function request()
		local device = math.random(0, devices - 1)
		return wrk.format("GET", string.format(path, device))
	end
else
	function request()
		return fixed
	end
end

function done(summary, latency, requests)
	local e = summary.errors
	io.write(string.format("BENCH %d %.0f %d %d %d %d %d\n",
		summary.requests, summary.bytes, e.connect, e.read, e.write,
		e.status, e.timeout))
end
