#version 330
// Whose pixel it is: red = the part's number, if it belongs to a hand, and 0 otherwise.
uniform float number;
uniform vec4 inside;  // of the picture, in this target's pixels: left, top, right, bottom
in float in_hand;
out vec4 painted;

void main() {
    bool kept = gl_FragCoord.x >= inside.x && gl_FragCoord.y >= inside.y
        && gl_FragCoord.x < inside.z && gl_FragCoord.y < inside.w;
    painted = vec4(kept && in_hand > 0.5 ? number / 255.0 : 0.0, 0.0, 0.0, 1.0);
}
