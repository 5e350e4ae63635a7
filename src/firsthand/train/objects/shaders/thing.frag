#version 330
// A surface under light from all around and from one side; with `catches`, only what a shadow on it
// leaves of that light, as a factor on a picture that is there already.
uniform sampler2D picture;
uniform sampler2DShadow sun_map;
uniform sampler2DShadow sky_map;
uniform vec3 colour;         // sRGB
uniform vec3 eye;
uniform vec3 ambient;        // linear
uniform vec3 sun;
uniform vec3 towards;
uniform float softness;      // of the shadow's edge, in the map's coordinates
uniform float wide;          // of what the sky's light is kept from, in the same
uniform int pictured;
uniform int shaded;          // 0: evenly lit from everywhere
uniform int catches;
in vec3 at;
in vec3 facing;
in vec2 uv_at;
in vec3 sun_at;
in vec3 sky_at;
out vec4 painted;

const vec2 RING[8] = vec2[](vec2(0.9, 0.2), vec2(0.3, -0.9), vec2(-0.5, 0.6), vec2(-0.8, -0.4),
                            vec2(0.2, 0.35), vec2(-0.1, -0.3), vec2(0.55, 0.75), vec2(0.6, -0.35));

float open_to(sampler2DShadow map, vec3 spot, float radius, float angle) {
    float sum = 0.0;
    mat2 spin = mat2(cos(angle), sin(angle), -sin(angle), cos(angle));
    for (int i = 0; i < 8; i++) {
        vec2 place = spot.xy + spin * RING[i] * radius;
        bool outside = any(lessThan(place, vec2(0.0))) || any(greaterThan(place, vec2(1.0)));
        sum += outside ? 1.0 : texture(map, vec3(place, spot.z));
    }
    return sum / 8.0;
}

void main() {
    vec3 looking = normalize(eye - at);
    float size = length(facing);
    vec3 n = size > 0.0 ? facing / size : looking;
    if (dot(n, looking) < 0.0) n = -n;
    float angle = fract(sin(dot(gl_FragCoord.xy, vec2(12.99, 78.23))) * 43758.5) * 6.28;
    float sunlit = open_to(sun_map, sun_at, softness, angle);
    float skylit = mix(0.35, 1.0, open_to(sky_map, sky_at, wide, angle));
    float straight = max(dot(n, towards), 0.0);
    vec3 around = ambient * (0.85 + 0.15 * n.y);
    vec3 light = around * skylit + sun * straight * sunlit;
    if (catches == 1) {
        vec3 whole = around + sun * straight;
        painted = vec4(pow(light / max(whole, vec3(1e-4)), vec3(1.0 / 2.2)), 1.0);
        return;
    }
    vec3 coded = pictured == 1 ? texture(picture, uv_at).rgb * colour : colour;
    vec3 albedo = pow(coded, vec3(2.2));
    if (shaded == 0) {
        painted = vec4(coded, 1.0);
        return;
    }
    vec3 middle = normalize(towards + looking);
    float glint = 0.06 * pow(max(dot(n, middle), 0.0), 24.0) * step(0.0, dot(n, towards));
    vec3 out_light = albedo * light + sun * glint * sunlit;
    painted = vec4(pow(clamp(out_light, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}
