//! What differs from one device to the next: taken from the environment when the firmware is built.

/// Name of the Wi-Fi network: `WIFI_SSID`.
pub const WIFI_SSID: &str = or(option_env!("WIFI_SSID"), "socklet");

/// Its passphrase, as WPA2 and WPA3 have it; an open network has none: `WIFI_PASSPHRASE`.
pub const WIFI_PASSPHRASE: &str = or(option_env!("WIFI_PASSPHRASE"), "");

/// Where to report to, `ws://HOST[:PORT][/PATH]` or `wss://...`: `SOCKLET_URL`. By default it is
/// where `socklet serve` listens on a machine of the home network.
pub const URL: &str = or(option_env!("SOCKLET_URL"), "ws://192.168.1.2:9001/");

/// The server's address, for a host whose name no name server knows: `SOCKLET_ADDRESS`.
pub(crate) const ADDRESS: Option<&str> = option_env!("SOCKLET_ADDRESS");

/// The certificate, in DER, of the authority that the server's leads to, for `wss`: the file that
/// `SOCKLET_CA` names.
pub(crate) const AUTHORITY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/authority.der"));

const fn or(given: Option<&'static str>, default: &'static str) -> &'static str {
    match given {
        Some(given) => given,
        None => default,
    }
}
