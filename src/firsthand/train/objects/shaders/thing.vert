#version 330
// Places come in the thing's own frame; `model` takes them into the world, `seen` into the picture.
uniform mat4 model;
uniform mat4 seen;
uniform mat4 sun_space;
uniform mat4 sky_space;
uniform float lift;          // off the surface, in metres, before asking for shadows
in vec3 place;
in vec3 normal;
in vec2 uv;
out vec3 at;
out vec3 facing;
out vec2 uv_at;
out vec3 sun_at;
out vec3 sky_at;

void main() {
    vec4 world = model * vec4(place, 1.0);
    gl_Position = seen * world;
    at = world.xyz;
    facing = mat3(model) * normal;
    uv_at = uv;
    float size = length(facing);
    vec3 lifted = world.xyz + (size > 0.0 ? facing / size : vec3(0.0)) * lift;
    sun_at = (sun_space * vec4(lifted, 1.0)).xyz * 0.5 + 0.5;
    sky_at = (sky_space * vec4(lifted, 1.0)).xyz * 0.5 + 0.5;
}
