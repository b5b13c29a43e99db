// SPDX-License-Identifier: Apache-2.0
// The key set of the fuzz target jwt. The private keys signed the tokens of its corpus and were
// thrown away.
#pragma once

#include <string_view>

namespace fuzz {

constexpr std::string_view kJwtKeys =
    R"({"keys":[)"
    R"({"kid":"rsa","kty":"RSA","n":"kscwVL9WigcJPvoaAlL5N4SHQ8I3WGVYrb0tVBKrDCWZb7LOv6dmMsaNqj)"
    R"(5Bo6lsPTMI2Mvwnz-k-vSpqbdLcdDJRW9U4JKpgGH6-7W84lCNsAaIHiApsHeL8ThFhoQQ84IVrwPotDBk5eVjg5)"
    R"(maqUlbf6QI88nF6wFXDaxg96DrBLHPjxLxRXzXTIFl8p9SBgQCdkG8KBTCiuITLyNwN3owxp5mvk4A3KWLVh9dMn)"
    R"(wPPixwbp5JL9QMz9Tn7KlToYl7NhY40Art7zIH0faeHDsK2CgOFPQYXAVjISAk5h5rWD4N7bBgfVrQNpOmXs424T)"
    R"(j7MkTEVs35DVCqsd9hcQ","e":"AQAB"},)"
    R"({"kid":"ec","kty":"EC","x":"M3-xjaiYlHbTQtH4pmp9cMal2SaOXjEVfqzj8K2Zfbs","y":"lCAsxShO8E)"
    R"(SCQ7XEkIvC_Kp6W19QUpZ-tk-CUlu8Fhc","crv":"P-256"},)"
    R"({"kid":"ed","crv":"Ed25519","x":"-8vLvVdLA9XoDgX_OQ1m9JbRsir5bFTe7aAG-8Z35Rs","kty":"OKP)"
    R"("})"
    R"(]})";

}  // namespace fuzz
