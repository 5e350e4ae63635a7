#version 330
// Geometry comes in camera axes: x right, y down, z away from the camera, metres.
uniform mat4 projection;
uniform mat4 key_space;
uniform mat4 sky_space;
in vec3 place;
in vec3 normal;
in vec3 rest;
in vec4 material;
in vec3 nail;
in vec4 marks;  // crease (m along the finger), across and along the palm, warmth
out vec3 at;
out vec3 facing;
out vec3 rest_at;
out vec4 made_of;
out vec3 nail_at;
out vec4 marked;
out vec3 key_at;
out vec3 sky_at;

void main() {
    gl_Position = projection * vec4(place, 1.0);
    at = place;
    facing = normal;
    rest_at = rest;
    made_of = material;
    nail_at = nail;
    marked = marks;
    vec3 lifted = place + normalize(normal) * 0.0015;
    key_at = (key_space * vec4(lifted, 1.0)).xyz * 0.5 + 0.5;
    sky_at = (sky_space * vec4(lifted, 1.0)).xyz * 0.5 + 0.5;
}
