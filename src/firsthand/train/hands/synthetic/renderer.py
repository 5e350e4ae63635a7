"""Drawing what stands before the camera with OpenGL: one light with shadows, one sky, skin."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic.camera import Camera
from firsthand.train.hands.synthetic.mesh import Floats, Ints
from firsthand.train.hands.synthetic.surface import COLUMNS, Surface
from firsthand.train.synthetic.context import open_context
from firsthand.train.synthetic.projection import column_major, light_matrix, shadow_target

_SAMPLES: Final = 4
_SHADOW_PX: Final = 256
_COUNTED_PX: Final = 56
_NOISE: Final = 32
_STRIDE: Final = 4 * (6 + COLUMNS)


@dataclass(frozen=True, slots=True)
class Look:
    """How a part is coloured.

    `skin`: melanin, haemoglobin, gloss, strength of creases; `varnish`: linear RGB and how much
    of it lies on the nails; `colour`, `second`: linear RGB of stuff; `pattern`: its kind (0 plain,
    1 stripes, 2 checks, 3 blotches, 4 dots), repeats per metre, gloss and bumps; `drift`: where in
    the noise it lies.
    """

    kind: Literal["skin", "stuff"]
    skin: tuple[float, float, float, float] = (0.5, 0.5, 0.6, 1.0)
    varnish: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    colour: tuple[float, float, float] = (0.5, 0.5, 0.5)
    second: tuple[float, float, float] = (0.5, 0.5, 0.5)
    pattern: tuple[float, float, float, float] = (0.0, 20.0, 0.2, 0.2)
    drift: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Something to draw, in camera axes: vertices, normals (v, 3), triangles (t, 3).

    `owner` numbers the hand it belongs to, from 1; 0 for what is no hand's.
    """

    vertices: Floats
    normals: Floats
    triangles: Ints
    surface: Surface
    look: Look
    owner: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """`way` (3,): unit vector towards the key light; `key` (3,): its linear RGB.

    `ambient` (4, 3): linear RGB of the light from all sides: its mean, and how it grows along x,
    y and z. `sky` (3,): the way from which most of that comes. `softness`: of the shadow's edge,
    as a share of the scene's width. `exposure` (3,): of the camera.
    """

    way: Floats
    key: Floats
    ambient: Floats
    sky: Floats
    softness: float
    exposure: Floats


class Renderer:
    """Programs and targets in one OpenGL context, used from the thread that made it."""

    def __init__(self) -> None:
        """Open a context; `MissingDependencyError` if there is none."""
        self._gl = open_context()
        # rows run downwards (see Camera.matrix), which turns every triangle's sense round
        self._gl.front_face = "cw"
        self._gl.enable(self._gl.DEPTH_TEST | self._gl.CULL_FACE)
        self._scene = self._program("scene", "scene")
        self._owner = self._program("owner", "owner")
        self._depth = self._program("depth", "depth")
        self._targets: dict[tuple[int, int, int], tuple[Any, Any]] = {}
        self._shadows = [shadow_target(self._gl, _SHADOW_PX) for _ in range(2)]
        self._count = self._gl.simple_framebuffer((_COUNTED_PX, _COUNTED_PX), components=1)
        grain = np.random.default_rng(20_260_101).random((_NOISE,) * 3 + (4,))
        self._noise = self._gl.texture3d((_NOISE,) * 3, 4, (grain * 255).astype(np.uint8).tobytes())

    def draw(
        self, parts: Sequence[Part], camera: Camera, light: Light, owners: int, *, smooth: bool
    ) -> tuple[NDArray[np.uint8], tuple[float, ...]]:
        """Draw parts; return the picture, and how much is seen of the hands 1 to `owners`.

        The picture is (height, width, 4), sRGB multiplied by alpha, alpha the coverage. What is
        seen of a hand is the share of its own silhouette that nothing else hides and that lies
        in the picture. `smooth` takes four samples a pixel, which doubles the time.
        """
        if not parts:
            return np.zeros((camera.height, camera.width, 4), np.uint8), ()
        with self._gl, _Loaded(self, parts) as loaded:
            spaces = [
                self._cast(loaded, target, light_matrix(way, loaded.vertices))
                for target, way in zip(self._shadows, (light.way, light.sky), strict=True)
            ]
            many, one = self._target(camera.width, camera.height, _SAMPLES if smooth else 0)
            many.use()
            many.clear(0, 0, 0, 0)
            self._light(camera, light, spaces)
            for part, first, count in loaded.ranges:
                self._paint(part.look)
                loaded.scene.render(first=first, vertices=count)
            if smooth:
                self._gl.copy_framebuffer(one, many)
            pixels = np.frombuffer(one.read(components=4), np.uint8)
            shares = tuple(self._seen(loaded, camera, owner + 1) for owner in range(owners))
        return pixels.reshape(camera.height, camera.width, 4), shares

    def _seen(self, loaded: "_Loaded", camera: Camera, owner: int) -> float:
        mine = [each for each in loaded.ranges if each[0].owner == owner]
        flesh = [part.vertices[part.surface.columns[:, 14] > 0.5] for part, _, _ in mine]
        flat = camera.project(np.concatenate(flesh))
        low, high = flat.min(0), flat.max(0)
        side = float((high - low).max()) * 1.02
        near = camera.cut(float(low[0]), float(low[1]), side, _COUNTED_PX)
        scale = _COUNTED_PX / side
        inside = np.array([-low[0], -low[1], camera.width - low[0], camera.height - low[1]])
        everywhere = (-1.0, -1.0, 1e6, 1e6)
        alone = self._counted(loaded, mine, near, owner, everywhere)
        bounds = tuple((inside * scale).tolist())
        visible = self._counted(loaded, loaded.ranges, near, owner, bounds)
        return visible / alone if alone else 0.0

    def _counted(
        self,
        loaded: "_Loaded",
        ranges: Sequence[tuple[Part, int, int]],
        camera: Camera,
        owner: int,
        inside: tuple[float, ...],
    ) -> int:
        self._count.use()
        self._count.clear()
        self._owner["projection"].write(column_major(camera.matrix()))
        self._owner["inside"].value = inside
        for part, first, count in ranges:
            self._owner["number"].value = part.owner
            loaded.owner.render(first=first, vertices=count)
        pixels = np.frombuffer(self._count.read(components=1), np.uint8)
        return int((pixels == owner).sum())

    def _program(self, vertex: str, fragment: str) -> Any:
        folder = files("firsthand.train.hands.synthetic") / "shaders"
        return self._gl.program(
            vertex_shader=(folder / f"{vertex}.vert").read_text("utf-8"),
            fragment_shader=(folder / f"{fragment}.frag").read_text("utf-8"),
        )

    def _target(self, width: int, height: int, samples: int) -> tuple[Any, Any]:
        """Return where to draw, and where to read."""
        key, size = (width, height, samples), (width, height)
        if key not in self._targets:
            many = self._gl.framebuffer(
                [self._gl.renderbuffer(size, 4, samples=samples)],
                self._gl.depth_renderbuffer(size, samples=samples),
            )
            one = self._gl.framebuffer([self._gl.renderbuffer(size, 4)]) if samples else many
            self._targets[key] = many, one
        return self._targets[key]

    def _cast(self, loaded: "_Loaded", target: tuple[Any, Any], space: Floats) -> Floats:
        target[1].use()
        target[1].clear(depth=1.0)
        self._depth["projection"].write(column_major(space))
        loaded.depth.render()
        return space

    def _light(self, camera: Camera, light: Light, spaces: Sequence[Floats]) -> None:
        program = self._scene
        program["projection"].write(column_major(camera.matrix()))
        program["key_space"].write(column_major(spaces[0]))
        program["sky_space"].write(column_major(spaces[1]))
        program["key_way"].value = tuple(light.way.tolist())
        program["key_light"].value = tuple(light.key.tolist())
        program["exposure"].value = tuple(light.exposure.tolist())
        program["ambient"].write(np.ascontiguousarray(light.ambient, np.float32).tobytes())
        program["softness"].value = light.softness
        for number, (name, texture) in enumerate(
            (("key_map", self._shadows[0][0]), ("sky_map", self._shadows[1][0]))
        ):
            texture.use(number)
            program[name].value = number
        self._noise.use(2)
        program["noise"].value = 2

    def _paint(self, look: Look) -> None:
        program = self._scene
        program["kind"].value = 0 if look.kind == "skin" else 1
        program["skin"].value = look.skin
        program["polish"].value = look.varnish
        program["colour"].value = look.colour
        program["second"].value = look.second
        program["pattern"].value = look.pattern
        program["drift"].value = look.drift


class _Loaded:
    """Parts in the graphics memory, for as long as the `with` lasts."""

    def __init__(self, renderer: Renderer, parts: Sequence[Part]) -> None:
        gl = renderer._gl
        self.vertices = np.concatenate([part.vertices for part in parts])
        rows = np.concatenate(
            [
                np.concatenate([part.vertices, part.normals, part.surface.columns], 1)
                for part in parts
            ]
        )
        starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
        corners = [part.triangles + start for part, start in zip(parts, starts, strict=False)]
        counts = [each.size for each in corners]
        firsts = np.cumsum([0, *counts])
        self.ranges = [
            (part, int(first), count)
            for part, first, count in zip(parts, firsts, counts, strict=False)
        ]
        places = gl.buffer(np.ascontiguousarray(rows, np.float32).tobytes())
        order = gl.buffer(np.concatenate(corners).astype(np.int32).tobytes())
        names = ("place", "normal", "rest", "material", "nail", "marks")
        self.scene = gl.vertex_array(
            renderer._scene, [(places, "3f 3f 3f 4f 3f 4f 4x", *names)], order
        )
        rest = f"{_STRIDE - 16}x"
        self.owner = gl.vertex_array(
            renderer._owner, [(places, f"3f {rest} 1f", "place", "hand")], order
        )
        self.depth = gl.vertex_array(
            renderer._depth, [(places, f"3f {_STRIDE - 12}x", "place")], order
        )
        self._owned = (self.scene, self.owner, self.depth, places, order)

    def __enter__(self) -> "_Loaded":
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._owned:
            each.release()


@cache
def shared_renderer() -> Renderer:
    """Return the one renderer of this process; programs are compiled once."""
    return Renderer()
