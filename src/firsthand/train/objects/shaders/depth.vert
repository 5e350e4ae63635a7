#version 330
uniform mat4 model;
uniform mat4 seen;
in vec3 place;

void main() { gl_Position = seen * model * vec4(place, 1.0); }
