//! Wi-Fi: the network is joined, and joined again.

use core::convert::Infallible;

use embassy_time::Timer;
use esp_hal::peripherals::WIFI;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{
    AuthenticationMethodConfig, Config, ControllerConfig, WifiController, WifiError,
};
use log::{info, warn};
use socklet_sensor::config::{WIFI_PASSPHRASE, WIFI_SSID};

/// Starts the radio.
///
/// # Errors
/// It does not start, or the name or passphrase of the network is one that cannot be.
pub(crate) fn start(radio: WIFI<'static>) -> Result<WifiController<'static>, WifiError> {
    let authentication = match WIFI_PASSPHRASE {
        "" => AuthenticationMethodConfig::Open,
        passphrase => AuthenticationMethodConfig::Wpa2Personal(passphrase.try_into()?),
    };
    let station = StationConfig::default()
        .with_ssid(WIFI_SSID.try_into()?)
        .with_authentication(authentication);
    let mut controller = WifiController::new(radio, ControllerConfig::default())?;
    controller.set_config(&Config::Station(station))?;
    Ok(controller)
}

/// Joins the network, and again whenever it is lost.
pub(crate) async fn stay_joined(mut controller: WifiController<'static>) -> Infallible {
    loop {
        info!("joining {WIFI_SSID}");
        match controller.connect_async().await {
            Ok(_) => {
                if let Ok(lost) = controller.wait_for_disconnect_async().await {
                    warn!("lost {WIFI_SSID}: {:?}", lost.reason);
                }
            }
            Err(error) => warn!("cannot join {WIFI_SSID}: {error}"),
        }
        Timer::after_secs(1).await;
    }
}
