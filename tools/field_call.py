"""A Farline call for `make field`: its two programs and a link of its own, and what was measured."""
import statistics
import threading

from field_measures import WAYS, Call, measure_link
from stage import Failure

SEED = "7"  # the same weather for everybody who is compared
SETUP_SECONDS, END_SECONDS = 120, 60
making = threading.Lock()  # one at a time: namespaces, enrolments


def run(stage, profile, seconds):
    """Both talk all the time. `stage`: field's Stage. Gives a Call."""
    return attempt(stage, Call("Farline", profile), profile["id"], stage.said, seconds)


def run_in_turns(stage, profile, seconds):
    """As people do."""
    return attempt(stage, Call("Farline, in turns", profile), f"{profile['id']}-turns", stage.said_in_turns, seconds)


def attempt(stage, call, name, said, seconds):
    try:
        talk(stage, call, name, said, seconds)
    except Failure as failure:
        call.error = call.error or str(failure).splitlines()[0]
        stage.note(f"{name}: {failure}")
    return call


def talk(stage, call, name, said, seconds):
    people = {"field": name, "home": f"{name}-home"}
    with making:
        link = stage.add_site(name, call.profile["id"], "--seed", SEED)
        for person in people.values():
            stage.enroll_here(person, stage.invitation)
    heard = {side: stage.logs / f"{name}-{side}-heard.wav" for side in people}
    home = stage.cli(f"{name}-home", people["home"], "run", "--answer", "auto", "--audio-in", said["home"],
                     "--audio-out", heard["home"], netns=stage.world)
    home.event("attached", SETUP_SECONDS)
    field = stage.at(name, f"{name}-field", name, "call", people["home"], "--duration", str(seconds), "--audio-in",
                     said["field"], "--audio-out", heard["field"])
    attached = field.event("attached", SETUP_SECONDS)["at"]
    connected = {"field": field.event("connected", SETUP_SECONDS)["at"]}
    call.setup = connected["field"] - attached
    code = field.wait(seconds + SETUP_SECONDS)
    ended = field.last("ended")
    connected["home"] = home.event("connected", END_SECONDS)["at"]
    home.event("ended", END_SECONDS)
    home.end()  # writes the end of what was heard
    call.seconds = ended["duration_s"]
    if code != 0 or ended["reason"] != "hung-up" or call.seconds < seconds - 1:
        call.error = f"{ended['reason']} after {call.seconds:.0f} s"
    call.stalls = sum(event["event"] == "stalled" for event in field.events + home.events)
    measure_link_of(call, {"field": field, "home": home}, connected["field"], link.packets())
    for way, (speaker, listener) in WAYS.items():
        ahead = connected[listener] - connected[speaker]
        call.ways[way].shift = connected[speaker] - connected["field"]
        call.ways[way].judging = stage.judge(said[speaker], heard[listener], ahead, call.seconds)


def measure_link_of(call, programs, begin, packets):
    for way, (speaker, _) in WAYS.items():
        stats = [event for event in programs[speaker].events if event["event"] == "stats"]
        out = measure_link(packets, way, begin, begin + call.seconds)
        out.rungs = [(event["at"] - begin, event["rung"]) for event in stats]
        out.ptime = statistics.median(event["ptime_ms"] for event in stats) / 1000 if stats else 0.0
        call.ways[way] = out
