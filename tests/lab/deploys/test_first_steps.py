from pathlib import Path
from tests.lab import Lab
from tests.lab.deploys.project import a_project
from tests.lab.deploys import seen

def test_x(lab: Lab, tmp_path: Path) -> None:
    import time
    t=time.time()
    project = a_project(lab, tmp_path, web=["h1","h2"], job=["h3","h4"])
    lab.app_image("v1")
    print("setup", time.time()-t)
    t=time.time()
    r = project.run("deploy", "-P", "--version", "v1")
    print("deploy", time.time()-t)
    print(r.out, r.err)
    for h in lab.hosts:
        print(h.name, seen.running(h), seen.tags(h), seen.audit(h), seen.locked(h))
    print(seen.get(lab.hosts[0]))
    for c in (["app","version"],["app","details"],["app","containers"],["proxy","details"],["lock","status"],["plan"],["config"],["app","logs"],["app","details","--json"]):
        t=time.time()
        r = project.run(*c)
        print(c, r.code, round(time.time()-t,2)); print(r.out[:1500], r.err[-1500:])
    assert 0
