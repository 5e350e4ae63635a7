#version 330
// Skin: two pigments absorb (melanin, haemoglobin), light wraps further in red than in blue, as it
// does under skin, and a thin oily layer reflects. Stuff: cloth and objects with patterns.
uniform vec3 key_way;        // towards the light
uniform vec3 key_light;
uniform vec3 ambient[4];     // mean, and its slope along x, y, z
uniform sampler2DShadow key_map;
uniform sampler2DShadow sky_map;
uniform sampler3D noise;
uniform vec3 drift;          // moves the noise, so that no two hands have the same
uniform float softness;      // of the shadow's edge, in the map's coordinates
uniform int kind;            // 0 skin, 1 stuff
uniform vec4 skin;           // melanin, haemoglobin, gloss, crease strength
uniform vec4 polish;         // colour of nail varnish, and how much of it
uniform vec3 colour;         // of stuff, or of clothing
uniform vec3 second;
uniform vec3 exposure;       // of the camera, a channel each
uniform vec4 pattern;        // kind of pattern, frequency per metre, gloss, bumps
in vec3 at;
in vec3 facing;
in vec3 rest_at;
in vec4 made_of;
in vec3 nail_at;
in vec4 marked;
in vec3 key_at;
in vec3 sky_at;
out vec4 painted;

const vec2 RING[6] = vec2[](vec2(0.9, 0.2), vec2(0.3, -0.9), vec2(-0.5, 0.6), vec2(-0.8, -0.4),
                            vec2(0.2, 0.35), vec2(-0.1, -0.3));

float lit(sampler2DShadow map, vec3 spot, float wide, float angle) {
    float sum = 0.0;
    mat2 spin = mat2(cos(angle), sin(angle), -sin(angle), cos(angle));
    for (int i = 0; i < 6; i++) sum += texture(map, vec3(spot.xy + spin * RING[i] * wide, spot.z));
    return sum / 6.0;
}

float line(float x, float wide) { return exp(-x * x / (wide * wide)); }

float arc(vec2 p, vec2 centre, float radius, float wide) {
    return line(length(p - centre) - radius, wide);
}

vec3 pigmented(float melanin, float blood) {
    // absorption of melanin falls with the wavelength to the power 3.3 (Jacques 1998)
    return vec3(0.86, 0.76, 0.68) * exp(-melanin * vec3(0.62, 1.0, 1.55))
                                  * exp(-blood * vec3(0.10, 1.0, 0.92));
}

void main() {
    vec3 n = normalize(facing);
    vec3 eye = normalize(-at);
    if (dot(n, eye) < -0.25) n = -n;
    vec4 fine = texture(noise, rest_at * 34.0 + drift) - 0.5;
    vec4 coarse = texture(noise, rest_at * 6.5 + drift.zxy) - 0.5;
    float angle = fract(sin(dot(gl_FragCoord.xy, vec2(12.99, 78.23))) * 43758.5) * 6.28;
    float key_seen = lit(key_map, key_at, softness, angle);
    float sky_seen = lit(sky_map, sky_at, 0.035, angle);
    vec3 albedo;
    vec3 wrap;
    float gloss;
    float rough;
    float cloth = kind == 1 ? 1.0 : step(0.5, made_of.z);
    if (cloth < 0.5) {
        float palm = made_of.x;
        float crease = marked.x;
        float palm_lines = line(crease, 0.0011) + 0.5 * line(crease - 0.0030, 0.0009);
        float back_lines = line(crease, 0.0038) * (0.5 + 0.5 * cos(crease * 2400.0 + coarse.b * 5.0));
        vec2 p = marked.yz;
        float strokes = 0.0;
        if (p.x < 1.05 && p.y > 0.05 && p.y < 1.05) {
            strokes = arc(p, vec2(1.02, 0.18), 0.62, 0.022)               // around the thumb's ball
                + arc(p, vec2(0.10, 1.75), 1.02, 0.020) * step(p.x, 0.75)  // under the fingers
                + arc(p, vec2(0.55, -1.35), 1.98, 0.018) * step(0.08, p.x);
        }
        float worn = skin.w * mix(back_lines * 0.6, palm_lines + strokes, palm);
        float melanin = skin.x * mix(1.0, 0.36, palm) * (1.0 + 0.35 * coarse.r + 0.22 * fine.r);
        melanin *= 1.0 + (1.0 - palm) * marked.w * 0.22;
        float blood = skin.y * (1.0 + 0.9 * coarse.g + 0.35 * fine.g + 0.9 * marked.w + 0.30 * palm);
        float vein = (1.0 - palm) * smoothstep(0.06, 0.0, abs(coarse.a)) * step(-1.5, p.y);
        blood *= 1.0 - 0.22 * vein;
        melanin += worn * (0.16 + 0.25 * skin.x) * (1.0 - 0.3 * palm);
        blood += worn * 0.16;
        albedo = pigmented(melanin, blood);
        gloss = skin.z * (0.75 + 0.9 * fine.b) * (1.0 - 0.3 * palm);
        rough = 0.42;
        n = normalize(n + fine.rgb * 0.22 + coarse.rgb * 0.16);
        wrap = vec3(0.34, 0.17, 0.12);
        float plate = made_of.y;
        float a = nail_at.x;
        float b = nail_at.y;
        float outline = max(abs(b) - 0.02 * a, length(vec2(b, min(a - 0.55, 0.0) * 1.7)));
        float nailed = smoothstep(1.04, 0.9, outline) * smoothstep(1.06, 1.0, a)
                     * smoothstep(0.05, 0.3, nail_at.z);
        plate = max(plate, nailed);
        float hairs = made_of.w * smoothstep(0.12, 0.3, fine.a) * 0.5;
        albedo *= 1.0 - hairs * vec3(0.5, 0.6, 0.65);
        vec3 keratin = pigmented(skin.x * 0.30 + 0.05, skin.y * 0.75 + 0.12);
        keratin = mix(keratin, vec3(0.78, 0.72, 0.63), 0.55 * smoothstep(0.90, 0.97, a) * nailed);
        keratin = mix(keratin, vec3(0.8, 0.66, 0.6), 0.25 * smoothstep(0.2, 0.05, a) * nailed);
        keratin = mix(keratin, polish.rgb, polish.a);
        albedo *= 1.0 - 0.35 * (smoothstep(0.0, 0.5, plate) - smoothstep(0.5, 1.0, plate));
        albedo = mix(albedo, keratin, plate);
        gloss = mix(gloss, 1.4, plate);
        rough = mix(rough, 0.24, plate);
    } else {
        vec3 q = rest_at * pattern.y;
        float wave = pattern.x < 0.5 ? 0.0
            : pattern.x < 1.5 ? smoothstep(0.35, 0.65, fract(q.y))
            : pattern.x < 2.5 ? 0.5 * smoothstep(0.4, 0.6, fract(q.y)) + 0.5 * smoothstep(0.4, 0.6, fract(q.x))
            : pattern.x < 3.5 ? smoothstep(-0.05, 0.05, texture(noise, q * 0.12 + drift).r - 0.5)
            : smoothstep(0.30, 0.26, length(fract(q.xy) - 0.5));
        albedo = mix(colour, second, wave) * (1.0 + 0.35 * fine.r + 0.25 * coarse.g);
        gloss = pattern.z;
        rough = mix(0.55, 0.16, clamp(gloss, 0.0, 1.0));
        n = normalize(n + pattern.w * (coarse.rgb * 1.6 + fine.rgb * 0.5));
        wrap = vec3(0.08);
    }
    float raw = dot(n, key_way);
    vec3 diffuse = max((vec3(raw) + wrap) / (1.0 + wrap), 0.0) / (1.0 + wrap);
    vec3 shade = pow(vec3(key_seen), 1.0 - 1.6 * (wrap - 0.08));
    vec3 bounced = max(ambient[0] + n.x * ambient[1] + n.y * ambient[2] + n.z * ambient[3], 0.02 * ambient[0]);
    float open = mix(0.38, 1.0, sky_seen);
    bounced *= mix(vec3(open), pow(vec3(open), vec3(0.7, 1.1, 1.15)), 1.0 - cloth);
    vec3 middle = normalize(key_way + eye);
    float shiny = 2.0 / (rough * rough * rough * rough);
    float fresnel = 0.028 + 0.972 * pow(1.0 - max(dot(middle, eye), 0.0), 5.0);
    float glint = (shiny + 8.0) / 25.0 * pow(max(dot(n, middle), 0.0), shiny) * fresnel;
    float rim = 0.028 + 0.5 * pow(1.0 - max(dot(n, eye), 0.0), 5.0);
    vec3 light = albedo * (key_light * diffuse * shade + bounced)
        + gloss * (key_light * glint * key_seen * max(raw, 0.0) + bounced * rim * 0.6);
    light *= exposure;
    light = mix(light, 1.0 - exp(-light * 1.25), smoothstep(0.35, 0.9, light));  // film's shoulder
    painted = vec4(pow(clamp(light, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}
