#version 330
// Which thing a pixel shows: red = its number.
uniform float number;
out vec4 painted;

void main() { painted = vec4(number / 255.0, 0.0, 0.0, 1.0); }
