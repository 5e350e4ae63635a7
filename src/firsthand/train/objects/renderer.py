"""Drawing meshes as a camera of a session would see them: lit, shadowed and hidden as its scene is.

What stands in the scene is drawn over a picture of it in three steps: the things themselves, of
which the scene's planes hide what lies behind them; what their shadows leave of the light on those
planes, as a factor; and whose each pixel is. Shadows of the sun and of the sky are depth maps seen
from there (Williams 1978, "Casting curved shadows on curved surfaces"), with soft edges.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from firsthand.geometry import Box, Camera
from firsthand.media.frame import RgbImage
from firsthand.objects.session import Light, Plane
from firsthand.train.objects.meshes import Mesh, Piece
from firsthand.train.synthetic.context import open_context
from firsthand.train.synthetic.projection import (
    clip_matrix,
    column_major,
    light_matrix,
    shadow_target,
)

Doubles = NDArray[np.float64]

Trick = Literal["planes", "light", "shadow", "occlusion"]
"""What may be left out of a drawing, to see what it is worth; `placement` knows the first."""

_SAMPLES: Final = 4
_SHADOW_PX: Final = 512
_KEPT: Final = 256
_LIFT: Final = 0.004
_SKY_WIDE: Final = 0.09
_UP: Final = np.array([0.0, 1.0, 0.0])
_EVEN: Final = Light((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.0, 1.0, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """A mesh in the world: made `scale` times as large, then turned and moved by `pose` (4, 4)."""

    mesh: Mesh
    pose: Doubles
    scale: float = 1.0

    @property
    def box(self) -> Box:
        """The box around it, in the world."""
        return Box(self.pose[:3, 3], self.pose[:3, :3], self.mesh.size * self.scale)

    @property
    def model(self) -> Doubles:
        """The matrix (4, 4) from the mesh's own frame into the world."""
        return np.asarray(self.pose @ np.diag([self.scale, self.scale, self.scale, 1.0]))


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """From where, and how, a picture of `width` x `height` is seen; see `session.Frame`."""

    camera: Camera
    pose: Doubles
    width: int
    height: int

    @property
    def matrix(self) -> Doubles:
        """OpenGL's clip matrix (4, 4) for points of the world."""
        camera = self.camera
        clip = clip_matrix(
            (camera.focal_x, camera.focal_y),
            (camera.middle_x, camera.middle_y),
            (self.width, self.height),
        )
        return np.asarray(clip @ np.linalg.inv(self.pose), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Things alone: `front` uint8 (h, w, 4), sRGB multiplied by alpha, alpha the coverage.

    `factor` uint8 (h, w, 3): what is left of the picture behind, 255 being all. `owners` uint8
    (h, w): the number of the thing that is seen, from 1, 0 for none. `seen`: of each thing, the
    share of its silhouette within the picture that nothing hides; 0 where it is not in it.
    """

    front: NDArray[np.uint8]
    factor: NDArray[np.uint8]
    owners: NDArray[np.uint8]
    seen: tuple[float, ...]

    def over(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a picture (h, w, 3) of the scene with the things in it."""
        behind = picture.astype(np.float32) * (self.factor.astype(np.float32) / 255)
        cover = self.front[:, :, 3:].astype(np.float32) / 255
        mixed = self.front[:, :, :3] + behind * (1 - cover)
        return np.asarray(np.clip(mixed + 0.5, 0, 255), np.uint8)


class Renderer:
    """Programs, targets and meshes in one OpenGL context, used from the thread that made it."""

    def __init__(self) -> None:
        """Open a context; `MissingDependencyError` if there is none."""
        self._gl = open_context()
        self._gl.enable(self._gl.DEPTH_TEST)
        self._thing = self._program("thing", "thing")
        self._number = self._program("depth", "number")
        self._shadows = [shadow_target(self._gl, _SHADOW_PX) for _ in range(2)]
        self._targets: dict[tuple[int, int], _Targets] = {}
        self._kept: OrderedDict[int, tuple[Mesh, _Loaded]] = OrderedDict()

    def picture(self, things: Sequence[Thing], sight: Sight, light: Light) -> RgbImage:
        """Draw things that are all there is, such as a room: uint8 (h, w, 3), black elsewhere."""
        with self._gl:
            targets = self._target(sight.width, sight.height)
            self._cast(things, light)
            self._light(sight, light, shaded=True)
            targets.one.use()
            targets.one.clear(0, 0, 0, 1, depth=1.0)
            self._thing["catches"].value = 0
            for thing in things:
                self._paint(thing)
            return _read(targets.one, 3, targets.size)

    def draw(
        self,
        things: Sequence[Thing],
        sight: Sight,
        light: Light | None,
        planes: Sequence[Plane] = (),
        without: frozenset[Trick] = frozenset(),
    ) -> Drawn:
        """Draw things, at most 254, over `planes` of their scene.

        Without a light it is as bright from everywhere. Of `without`, "light" leaves out shading,
        "shadow" all shadows, and "occlusion" draws one thing after the other over all the rest.
        """
        if len(things) > 254:
            raise ValueError(f"at most 254 things are told apart in a picture, not {len(things)}")
        with self._gl:
            flat = [Thing(plane_mesh(plane), plane.pose) for plane in planes]
            targets = self._target(sight.width, sight.height)
            self._gl.polygon_offset = 0.0, 0.0
            if things and "shadow" not in without:
                self._cast(things, light or _EVEN)
            else:
                for _, target in self._shadows:
                    target.clear(depth=1.0)
            self._light(sight, light, shaded="light" not in without)
            solid = "occlusion" not in without
            front = self._front(things, flat, targets, solid)
            factor = self._factor(flat if "shadow" not in without else (), targets)
            owners = self._owned(things, flat, sight, targets, solid)
            seen = []
            for number, thing in enumerate(things, 1):
                alone = int((self._owned([thing], (), sight, targets, True) > 0).sum())
                seen.append(float((owners == number).sum() / alone) if alone else 0.0)
        return Drawn(front, factor, owners, tuple(seen))

    def _front(
        self, things: Sequence[Thing], flat: Sequence[Thing], targets: "_Targets", solid: bool
    ) -> NDArray[np.uint8]:
        many = targets.many
        many.use()
        many.clear(0, 0, 0, 0, depth=1.0)
        self._thing["catches"].value = 0
        if solid:
            self._hide(many, flat, self._thing)
        for thing in things:
            if not solid:
                _clear_depth(many)
            self._paint(thing)
        self._gl.copy_framebuffer(targets.one, many)
        return _read(targets.one, 4, targets.size)

    def _factor(self, flat: Sequence[Thing], targets: "_Targets") -> NDArray[np.uint8]:
        targets.one.use()
        targets.one.clear(1, 1, 1, 1, depth=1.0)
        self._thing["catches"].value = 1
        for plane in flat:
            self._paint(plane)
        return _read(targets.one, 3, targets.size)

    def _owned(
        self,
        things: Sequence[Thing],
        flat: Sequence[Thing],
        sight: Sight,
        targets: "_Targets",
        solid: bool,
    ) -> NDArray[np.uint8]:
        one = targets.numbers
        one.use()
        one.clear(0, 0, 0, 0, depth=1.0)
        self._number["seen"].write(column_major(sight.matrix))
        if solid:
            self._hide(one, flat, self._number)
        for number, thing in enumerate(things, 1):
            if not solid:
                _clear_depth(one)
            self._number["number"].value = number
            self._number["model"].write(column_major(thing.model))
            self._loaded(thing.mesh).outline.render()
        return _read(one, 1, targets.size)[:, :, 0]

    def _hide(self, target: Any, flat: Sequence[Thing], program: Any) -> None:
        """Let planes, set back a little, hide what lies behind them, and not be seen."""
        _write_colours(target, False)
        self._gl.polygon_offset = 2.0, 8.0
        for plane in flat:
            program["model"].write(column_major(plane.model))
            loaded = self._loaded(plane.mesh)
            (loaded.outline if program is self._number else loaded.pieces[0][0]).render()
        self._gl.polygon_offset = 0.0, 0.0
        _write_colours(target, True)

    def _paint(self, thing: Thing) -> None:
        program = self._thing
        program["model"].write(column_major(thing.model))
        for array, piece, texture in self._loaded(thing.mesh).pieces:
            program["colour"].value = piece.colour
            program["pictured"].value = int(texture is not None)
            if texture is not None:
                texture.use(2)
            array.render()

    def _cast(self, things: Sequence[Thing], light: Light) -> None:
        corners = np.concatenate([thing.box.corners for thing in things])
        ways = np.asarray(light.towards, np.float64), _UP
        for (_, target), way, name in zip(
            self._shadows, ways, ("sun_space", "sky_space"), strict=True
        ):
            space = light_matrix(way, corners)
            target.use()
            target.clear(depth=1.0)
            self._number["seen"].write(column_major(space))
            self._thing[name].write(column_major(space))
            for thing in things:
                self._number["model"].write(column_major(thing.model))
                self._loaded(thing.mesh).outline.render()

    def _light(self, sight: Sight, light: Light | None, *, shaded: bool) -> None:
        program, here = self._thing, light or _EVEN
        towards = np.asarray(here.towards, np.float64)
        program["seen"].write(column_major(sight.matrix))
        program["eye"].value = tuple(sight.pose[:3, 3].tolist())
        program["ambient"].value = tuple(here.ambient)
        program["sun"].value = tuple(here.sun)
        program["towards"].value = tuple((towards / np.linalg.norm(towards)).tolist())
        program["softness"].value = 0.006
        program["wide"].value = _SKY_WIDE
        program["lift"].value = _LIFT
        program["shaded"].value = int(shaded)
        program["picture"].value = 2
        for number, name in enumerate(("sun_map", "sky_map")):
            self._shadows[number][0].use(number)
            program[name].value = number

    def _program(self, vertex: str, fragment: str) -> Any:
        folder = files("firsthand.train.objects") / "shaders"
        return self._gl.program(
            vertex_shader=(folder / f"{vertex}.vert").read_text("utf-8"),
            fragment_shader=(folder / f"{fragment}.frag").read_text("utf-8"),
        )

    def _target(self, width: int, height: int) -> "_Targets":
        size = width, height
        if size not in self._targets:
            gl = self._gl
            self._targets[size] = _Targets(
                size,
                gl.framebuffer(
                    [gl.renderbuffer(size, 4, samples=_SAMPLES)],
                    gl.depth_renderbuffer(size, samples=_SAMPLES),
                ),
                gl.framebuffer([gl.renderbuffer(size, 4)], gl.depth_renderbuffer(size)),
                gl.framebuffer([gl.renderbuffer(size, 1)], gl.depth_renderbuffer(size)),
            )
        return self._targets[size]

    def _loaded(self, mesh: Mesh) -> "_Loaded":
        """Return a mesh in the graphics memory, where the last few that were drawn stay."""
        key = id(mesh)
        if key not in self._kept:
            self._kept[key] = mesh, _Loaded(self._gl, self._thing, self._number, mesh)
        self._kept.move_to_end(key)
        found = self._kept[key][1]
        while len(self._kept) > _KEPT:
            _, (_, old) = self._kept.popitem(last=False)
            old.release()
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Targets:
    size: tuple[int, int]
    many: Any
    one: Any
    numbers: Any


class _Loaded:
    """A mesh in the graphics memory."""

    def __init__(self, gl: Any, thing: Any, number: Any, mesh: Mesh) -> None:
        rows = np.concatenate([mesh.vertices, mesh.normals, mesh.uv], 1).astype(np.float32)
        places = gl.buffer(np.ascontiguousarray(rows).tobytes())
        whole = np.concatenate([piece.triangles for piece in mesh.pieces])
        order = gl.buffer(whole.astype(np.int32).tobytes())
        self.outline = gl.vertex_array(number, [(places, "3f 20x", "place")], order)
        self.pieces: list[tuple[Any, Piece, Any]] = []
        self._owned = [self.outline, order, places]
        for piece in mesh.pieces:
            own = gl.buffer(np.ascontiguousarray(piece.triangles, np.int32).tobytes())
            array = gl.vertex_array(thing, [(places, "3f 3f 2f", "place", "normal", "uv")], own)
            texture = None
            if piece.texture is not None:
                height, width = piece.texture.shape[:2]
                data = np.ascontiguousarray(piece.texture).tobytes()
                texture = gl.texture((width, height), 3, data, alignment=1)
                texture.build_mipmaps()
                self._owned.append(texture)
            self._owned += [array, own]
            self.pieces.append((array, piece, texture))

    def release(self) -> None:
        """Give the memory back."""
        for each in self._owned:
            each.release()


def plane_mesh(plane: Plane) -> Mesh:
    """Return a plane's outline, which is taken to be convex, as triangles around its middle."""
    count = len(plane.outline)
    flat = np.vstack([plane.outline.mean(0), plane.outline])
    vertices = np.column_stack([flat[:, 0], np.zeros(count + 1), flat[:, 1]])
    around = np.arange(count)
    triangles = np.column_stack([np.zeros(count), around + 1, (around + 1) % count + 1])
    return Mesh(
        plane.name,
        vertices.astype(np.float32),
        np.tile(np.array([0, 1, 0], np.float32), (count + 1, 1)),
        np.zeros((count + 1, 2), np.float32),
        (Piece(triangles.astype(np.int32), (1.0, 1.0, 1.0)),),
    )


@cache
def shared_renderer() -> Renderer:
    """Return the one renderer of this process; programs are compiled once."""
    return Renderer()


def _write_colours(target: Any, does: bool) -> None:
    target.color_mask = (does,) * 4
    target.use()  # from when on it holds


def _clear_depth(target: Any) -> None:
    _write_colours(target, False)
    target.clear(depth=1.0)
    _write_colours(target, True)


def _read(target: Any, components: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    pixels = np.frombuffer(target.read(components=components, alignment=1), np.uint8)
    return pixels.reshape(size[1], size[0], components)
