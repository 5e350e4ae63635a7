#version 330
uniform mat4 projection;
in vec3 place;

void main() { gl_Position = projection * vec4(place, 1.0); }
