#version 330
uniform mat4 projection;
in vec3 place;
in float hand;
out float in_hand;

void main() {
    gl_Position = projection * vec4(place, 1.0);
    in_hand = hand;
}
